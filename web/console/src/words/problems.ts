import { lang } from '.'
import type { Problem } from '@/api/problem'

// What the server refuses, by its stable code; its own detail (in English) is shown where there are no words for it.
const WORDS: Record<string, [zh: string, en: string]> = {
  'network.lost': ['连不上服务器。请检查网络后重试，填写的内容不会丢。', 'The server cannot be reached. Check the network and try again; nothing that you typed is lost.'],
  'network.slow': ['服务器太久没有回应。可能已经生效，请先刷新看一下再重试。', 'The server took too long. It may have worked: reload and look before you try again.'],
  'console.error': ['页面出错了，请刷新重试。', 'Something in this page went wrong; reload and try again.'],
  'server.error': ['服务器出错了，请稍后重试。', 'Something went wrong on the server; try again later.'],
  'server.busy': ['同时的改动太多，请稍后重试。', 'Too many changes at once; try again.'],
  'server.unavailable': ['服务暂时不可用，请稍后重试。', 'Temporarily unavailable; try again later.'],
  'server.not_ready': ['服务正在启动，请稍后重试。', 'The service is starting; try again in a moment.'],
  'request.fields': ['有几处填写不正确，请修改后再提交。', 'Some fields are not right; correct them and send again.'],
  'request.body': ['提交的内容格式不对。', 'What was sent is not as expected.'],
  'request.query': ['筛选条件的格式不对。', 'A filter is not as expected.'],
  'request.path': ['没有这个地址。', 'There is nothing at this address.'],
  'request.past': ['生效时间不能早于现在。', 'It cannot begin in the past.'],
  'request.too_many': ['操作太频繁，请稍等片刻再试。', 'Too many requests; wait a moment.'],
  'request.version': ['别人刚刚改过它。请刷新后再改，以免覆盖对方的改动。', 'Somebody changed it meanwhile. Reload and change it again, so that theirs is not lost.'],
  'rights.missing': ['没有这项操作的权限。', 'You may not do this.'],
  'session.wrong': ['用户名或密码不正确。', 'The name or the password is wrong.'],
  'session.required': ['登录已过期，请重新登录。', 'Your session is over; sign in again.'],
  'session.csrf': ['这个请求不是从本页面发出的，请刷新后重试。', 'The request did not come from this page; reload and try again.'],
  'session.browser_only': ['这项操作只能在浏览器里登录后进行。', 'Only for a signed-in browser.'],
  'persons.wrong_password': ['当前密码不正确。', 'The current password is wrong.'],
  'persons.name_taken': ['这个用户名已经有人用了。', 'The sign-in name is taken.'],
  'tokens.too_many': ['令牌太多了，请先撤销不用的。', 'Too many tokens; revoke some first.'],
  'tokens.unknown': ['没有这个令牌。', 'There is no such token.'],
  'staff.last_owner': ['至少要留一位全部小程序的负责人。', 'Somebody must stay owner of all programs.'],
  'staff.unknown': ['没有这个角色，可能已被收回。', 'There is no such role; it may have been revoked.'],
  'programs.unknown': ['没有这个小程序。', 'There is no such program.'],
  'programs.code_taken': ['这个代号已被使用（旧代号也会保留）。', 'The code is taken; former codes stay reserved.'],
  'programs.date_taken': ['那一刻已经有一条规则生效。', 'Another rule begins at that moment.'],
  'programs.plan_refused': ['这个方案付出的会超过收到的佣金。', 'The plan would pay more than is received.'],
  'programs.state': ['小程序当前的状态不能这样做。', 'Not in the program’s present state.'],
  'programs.too_many': ['数量已到上限。', 'No more of these are kept.'],
  'programs.roster_unknown': ['名册里没有这个号码。', 'The number is not on the roster.'],
  'programs.roster_used': ['已有人用这个号码加入，不能删除。', 'Somebody joined with the number.'],
  'rules.changed': ['规则已更新，请刷新后再看。', 'The rules have changed; load them again.'],
  'legal_entities.name_taken': ['这个结算主体名称已存在。', 'The name of the legal entity is taken.'],
  'union_accounts.name_taken': ['这个联盟账号名称已存在。', 'The name of the union account is taken.'],
  'union_accounts.paused': ['联盟账号已暂停。', 'The union account is paused.'],
  'union_accounts.too_many': ['联盟账号数量已到上限。', 'No more union accounts are kept.'],
  'union_accounts.unknown': ['没有这个联盟账号。', 'There is no such union account.'],
  'catalog.unknown_product': ['没有这个商品。', 'There is no such product.'],
  'catalog.union_failed': ['联盟拒绝了请求或没有正常回应。', 'The union refused or failed.'],
  'communities.unknown': ['没有这个社群。', 'There is no such community.'],
  'communities.closed': ['社群已关闭，不能再改；需要时请新建。', 'The community is closed; make a new one instead.'],
  'communities.limit': ['社群数量已到上限。', 'No more communities for this person.'],
  'communities.ordinals_used_up': ['这位推手建过的社群太多了。', 'This promoter has made too many communities.'],
  'links.unknown': ['没有这个推广链接。', 'There is no such link.'],
  'links.product_gone': ['商品已下架。', 'The product is no longer on offer.'],
  'links.material_refused': ['联盟不允许推广这个商品。', 'The union does not let it be promoted.'],
  'links.program_not_live': ['小程序还没有上线。', 'The program is not live.'],
  'links.budget_spent': ['今天的联盟调用额度已用完。', 'The union’s quota of today is used up.'],
  'links.union_failed': ['联盟没有正常回应，请稍后重试。', 'The union did not answer as it should.'],
  'links.unknown_community': ['没有这个社群。', 'There is no such community.'],
  'links.unknown_product': ['没有这个商品。', 'There is no such product.'],
  'orders.unknown': ['没有这个订单。', 'There is no such order.'],
  'orders.filter': ['筛选条件不正确。', 'A filter is not right.'],
  'orders.assign_promoter': ['没有这位推手。', 'There is no such promoter.'],
  'orders.assign_reason': ['请写明分配原因（3 到 500 字）。', 'Say why the order is assigned (3 to 500 characters).'],
  'orders.account_not_serving': ['订单所属的联盟账号不服务于这个小程序。', 'The order’s union account does not serve this program.'],
  'orders.no_plan': ['下单时没有生效的佣金方案。', 'No commission plan was in force when the order was placed.'],
  'promoters.unknown': ['没有这位推手。', 'There is no such promoter.'],
  'promoters.same_standing': ['状态没有变化，可能别人已经处理。', 'Nothing would change; somebody may have done it already.'],
  'promoters.suspended': ['这位推手已被停用。', 'The promoter is suspended.'],
  'promoters.name_one': ['请指明推手。', 'Name the promoter.'],
  'promoters.code_unknown': ['没有这个邀请码。', 'There is no such invite code.'],
  'promoters.closed': ['小程序已关闭。', 'The program is closed.'],
  'ledger.cursor': ['翻页位置已失效，请回到首页。', 'The place in the list is not valid; go to the first page.'],
}

/** What happened, in words. */
export function problemWords(problem: Problem): { title: string; detail: string } {
  const known = WORDS[problem.code]
  if (!known) return { title: problem.detail || problem.title || problem.code, detail: '' }
  const zh = lang.value === 'zh'
  // Details name what is meant (an id, a limit), in English.
  return { title: known[zh ? 0 : 1], detail: zh || problem.status === 0 || problem.status === 422 ? '' : problem.detail }
}

// The server's words about fields, which are few and regular.
const FIELDS: [RegExp, string][] = [
  [/^must have (\d+) to ([\d,]+) characters$/, '需要 $1 到 $2 个字符'],
  [/^must have at least (\d+) characters$/, '至少 $1 个字符'],
  [/^must have at most (\d+) bytes$/, '最多 $1 字节'],
  [/^must have at most (\d+) words$/, '最多 $1 个词'],
  [/^must not have control characters$/, '不能含有控制字符'],
  [/^must be ([\d,]+) to ([\d,]+)$/, '必须在 $1 到 $2 之间'],
  [/^must be (\d+) to (\d+) hosts$/, '需要 $1 到 $2 个域名'],
  [/^must be a date and time as in .*$/, '日期时间的格式不对'],
  [/^must be a zone as in .*$/, '时区的格式不对，例如 Asia/Shanghai'],
  [/^must not be in the past.*$/, '不能早于现在'],
  [/^must be later than from$/, '必须晚于开始时间'],
  [/^must lie within the next (\d+) days$/, '必须在 $1 天以内'],
  [/^is missing$/, '不能为空'],
  [/^is unknown$/, '不存在'],
  [/^there is no program .*$/, '没有这个小程序'],
  [/^is not a cursor that a list returned$|^must be the `next` of a page$/, '翻页位置已失效'],
  [/^direct and inviter exceed 1,000,000 together$/, '直推与邀请人合计不能超过 100%'],
  [/^must be an object of at most (\d+) bytes$/, '必须是不超过 $1 字节的对象'],
  [/^must be 2 to 32 characters of a-z.*$/, '2 到 32 个字符：小写字母、数字和连字符，以字母开头'],
  [/^is a word with another meaning; choose another$/, '这个词另有用途，请换一个'],
  [/^must be as #e1251b$/, '颜色的格式不对，例如 #e1251b'],
  [/^must be a PNG, JPEG or WebP picture.*$/, '需要 PNG、JPEG 或 WebP 图片，不超过 48 KB'],
  [/^must be wx and 16 characters$/, 'wx 开头，后接 16 个字母或数字'],
  [/^must be an address as in (.*)$/, '地址的格式不对，例如 $1'],
  [/^must be an https address without a path$/, '需要 https 地址，不带路径'],
  [/^must be an https address$/, '需要 https 地址'],
  [/^must not lead into a private network$/, '不能指向内网地址'],
  [/^must be a host as in (.*)$/, '域名的格式不对，例如 $1'],
  [/^must be jd.*$/, '目前只支持京东联盟（jd）'],
  [/^is needed with position_union_id$/, '填写联盟 ID 时，必须同时填写授权 Key'],
  [/^may have latin letters, digits and \. _ - \+ @ only$/, '只能有英文字母、数字和 . _ - + @'],
  [/^(-?\d+) ppm is not between 0 and 1,000,000$/, '比例必须在 0 到 100% 之间'],
  [/^must be program, or campaign, category or level.*$/, '范围与取值不相符'],
  [/^must be `read`, `write` or both$/, '请选择读、写或两者'],
  [/^must be (?:open, invite or roster|owner, operations, finance or read_only|active or paused)$/, '请从给出的选项里选'],
  [/^(\d+) to (\d+) characters$/, '需要 $1 到 $2 个字符'],
]

export function fieldWords(message: string): string {
  if (lang.value === 'en') return message
  for (const [pattern, words] of FIELDS) if (pattern.test(message)) return message.replace(pattern, words)
  return message
}
