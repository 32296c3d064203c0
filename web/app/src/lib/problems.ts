// What a refusal means, in words that help. Codes are the server's and never change.

import type { Problem } from '@/api/client'

const SENTENCES: Record<string, string> = {
  network: '网络不通，没有送到。内容都还在，连上网再试一次',
  'session.required': '登录已过期，请重新登录；填好的内容还在',
  'session.wrong': '用户名或密码不对，请检查后再试',
  'session.csrf': '页面太久没动，请再点一次',
  'session.browser_only': '这一步要在登录后的页面里做',
  'rights.missing': '你没有权限做这件事',
  'persons.name_taken': '这个手机号已经注册过。请直接登录，登录后再加入',
  'persons.wrong_password': '现在的密码不对',
  'programs.unknown': '没有找到这个计划，请检查链接',
  'promoters.unknown': '你还没有加入这个计划',
  'promoters.closed': '这个计划已经结束，不再接受新推手',
  'promoters.suspended': '你的推手资格已被暂停，暂时不能做这件事；已有的收益都保留着',
  'promoters.code_needed': '加入需要邀请码，请向邀请你的人要一个',
  'promoters.code_unknown': '没有这个邀请码，请核对后再输入',
  'promoters.code_expired': '这个邀请码已过期，请向邀请人要一个新的',
  'promoters.code_used_up': '这个邀请码的名额已用完，请向邀请人要一个新的',
  'promoters.inviter_suspended': '邀请人的资格已被暂停，这个邀请码暂时不能用',
  'promoters.not_on_roster': '名册里没有这个工号，请核对；若确实无误，请联系运营',
  'promoters.already_joined': '你已经加入过这个计划',
  'programs.roster_used': '这个工号已经有人用来加入过，若不是你，请联系运营',
  'rules.changed': '守则刚刚更新，请再读一遍新的守则',
  'communities.limit': '社群数量已到上限，先关闭一个再建',
  'communities.ordinals_used_up': '建过的社群太多了，不能再建新的',
  'communities.unknown': '没有找到这个社群',
  'communities.closed': '这个社群已关闭，不能再改',
  'request.version': '内容刚刚在别处改过，已为你载入最新的，请再改一次',
  'request.fields': '有几项需要改一下，见下方红字',
  'request.too_many': '操作太频繁，请等一会儿再试',
  'catalog.unknown_product': '没有找到这件商品，可能已下架',
  'catalog.union_failed': '京东联盟暂时没有回应，请稍后再试',
  'links.unknown_product': '没有找到这件商品，可能已下架',
  'links.product_gone': '这件商品已下架，换一件吧',
  'links.unknown_community': '没有找到这个社群，请重新选择',
  'links.program_not_live': '计划还没有开放或已经结束，暂时不能分享',
  'links.budget_spent': '今天的转链额度已用完，请明天再试',
  'links.material_refused': '京东联盟不允许推广这件商品，换一件吧',
  'links.union_failed': '京东联盟暂时没有回应，请稍后再试',
  'links.unknown': '这个推荐链接不存在，请向推荐人要一个新的',
  'orders.unknown': '没有找到这笔订单',
  'server.unavailable': '服务器正忙，请稍后再试',
  'server.busy': '同一时间改动太多，请再试一次',
  'server.not_ready': '服务器正在启动，请稍后再试',
}

export function sentence(problem: Problem): string {
  const known = SENTENCES[problem.code]
  if (known) return known
  if (problem.status === 404) return '没有找到'
  if (problem.status === 429) return SENTENCES['request.too_many']
  if (problem.status >= 500) return '服务器出了点问题，请稍后再试'
  return '没有成功，请检查后再试'
}

/** Why an invite code cannot be used. */
export const INVITE: Record<string, string> = {
  unknown: SENTENCES['promoters.code_unknown'],
  expired: SENTENCES['promoters.code_expired'],
  used_up: SENTENCES['promoters.code_used_up'],
  suspended: SENTENCES['promoters.inviter_suspended'],
}

const FIELDS: [RegExp, string][] = [
  [/^must have (\d+) to (\d+) characters$/, '需要 $1 到 $2 个字'],
  [/^must have at least (\d+) characters$/, '至少 $1 个字符'],
  [/^must have at most (\d+) (?:bytes|characters)$/, '太长了，最多 $1 个字符'],
  [/^must not have control characters$/, '含有看不见的特殊字符，请重新输入'],
  [/^must be ([\d,]+) to ([\d,]+)$/, '需要在 $1 到 $2 之间'],
  [/^may have latin letters.*$/, '只能用字母、数字和 . _ - + @'],
  [/^is missing$/, '请填写'],
]

/** The server's words about one field, in Chinese. */
export function aboutField(message: string): string {
  for (const [pattern, text] of FIELDS) if (pattern.test(message)) return message.replace(pattern, text)
  return /[\u4e00-\u9fff]/.test(message) ? message : '这一项不符合要求'
}
