// Signing in with WeChat, in its mini program only.

import { reactive } from 'vue'
import { Problem } from '@/api/client'

/** Of a WeChat identity that belongs to nobody yet: joining or signing in binds it. */
export const wechat = reactive({ ticket: '' })

export const wechatCode = (): Promise<string> =>
  new Promise((ok, no) => uni.login({ provider: 'weixin', success: (r) => ok(r.code), fail: () => no(new Problem('network', 0)) }))
