// Short answers to what somebody did.

import { reactive } from 'vue'

export const toasted = reactive({ text: '', kind: 'plain' as 'plain' | 'good' })
let timer: ReturnType<typeof setTimeout> | undefined

export function toast(text: string, kind: 'plain' | 'good' = 'plain'): void {
  toasted.text = text
  toasted.kind = kind
  clearTimeout(timer)
  timer = setTimeout(() => (toasted.text = ''), Math.min(4500, 1600 + text.length * 70))
}

export const asking = reactive({ title: '', text: '', yes: '', answer: (() => {}) as (said: boolean) => void })

/** A question with two answers, asked by the page's `Screen`. */
export function sure(title: string, text: string, yes = '确定'): Promise<boolean> {
  asking.answer(false)
  return new Promise((ok) =>
    Object.assign(asking, {
      title, text, yes,
      answer: (said: boolean) => {
        asking.title = ''
        asking.answer = () => {}
        ok(said)
      },
    }))
}

export async function copy(text: string, said: string): Promise<void> {
  // #ifdef H5
  toast((await toClipboard(text)) ? said : '没有复制成功，请长按文字自己复制', 'good')
  // #endif
  // #ifdef MP-WEIXIN
  uni.setClipboardData({
    data: text,
    showToast: false,
    success: () => toast(said, 'good'),
    fail: () => toast('没有复制成功，请长按文字自己复制'),
  })
  // #endif
}

// #ifdef H5
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Only on https and with the right to it; the older way works everywhere.
    const area = document.createElement('textarea')
    area.value = text
    area.style.cssText = 'position:fixed;top:0;opacity:0'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
// #endif

/** A path of ours: tabs are switched to, others laid on top. */
export const go = (url: string): void => void uni.navigateTo({ url })

export function back(): void {
  if (getCurrentPages().length > 1) uni.navigateBack()
  else uni.switchTab({ url: '/pages/feed/index' })
}

export function toTop(): void {
  // #ifdef H5
  scrollTo(0, 0)
  // #endif
  // #ifdef MP-WEIXIN
  uni.pageScrollTo({ scrollTop: 0, duration: 0 })
  // #endif
}
