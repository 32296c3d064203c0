// Inside WeChat, where the program has an official account: the card that appears when the page is passed on.
// Without this the page works all the same; WeChat then shows a bare link.
(async () => {
  const own = document.currentScript.dataset
  const answer = await fetch(`${own.sign}?url=${encodeURIComponent(location.href.split('#')[0])}`)
  if (!answer.ok) return
  const signed = await answer.json()
  await new Promise((loaded, failed) => {
    const sdk = document.createElement('script')
    sdk.src = own.sdk
    sdk.onload = loaded
    sdk.onerror = failed
    document.head.append(sdk)
  })
  const meta = (name) => document.querySelector(`meta[property="og:${name}"]`)?.content ?? ''
  const card = { title: meta('title'), desc: meta('description'), link: meta('url'), imgUrl: meta('image') }
  const { wx } = window
  wx.config({
    appId: signed.app_id,
    timestamp: signed.timestamp,
    nonceStr: signed.nonce_str,
    signature: signed.signature,
    jsApiList: ['updateAppMessageShareData', 'updateTimelineShareData'],
  })
  wx.ready(() => {
    wx.updateAppMessageShareData(card)
    wx.updateTimelineShareData(card)
  })
})().catch(() => {})
