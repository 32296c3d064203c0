// Into the union's shop: a redirect of ours on H5, a jump to its mini program in WeChat.

import { post, Problem } from '@/api/client'
import { copy } from './ui'

export async function openUnion(code: string): Promise<void> {
  // #ifdef H5
  // The redirect counts the click; no promise that an address is true is needed for that.
  location.href = `/s/${encodeURIComponent(code)}`
  // #endif
  // #ifdef MP-WEIXIN
  const opened = await post('/public/links/{code}/open', { path: { code } })
  const there = opened.mini_program
  if (!there) return copy(opened.url, '链接已复制，请粘贴到浏览器打开')
  await new Promise<void>((ok, no) =>
    uni.navigateToMiniProgram({
      appId: there.app_id,
      path: there.path,
      success: () => ok(),
      // Turning back at WeChat's question is no failure.
      fail: (e: { errMsg?: string }) => (/cancel/.test(e.errMsg ?? '') ? ok() : no(new Problem('links.union_failed', 0))),
    }),
  )
  // #endif
}
