// A packed mini program in a scene's browser, talking to the demo.

import { pathToFileURL } from 'node:url'
import { owner, PROGRAM, sandbox, server } from '../api.mjs'

/** user: who holds the phone, as WeChat knows them; path: of the page that is opened first. */
export async function open(s, file, { path = '', user = 'somebody' } = {}) {
  const page = await s.open({ phone: true })
  /** What the server said, in order. */
  page.answers = []
  await page.exposeFunction('__request', async ({ url, method, headers, body }) => {
    if (new URL(url).origin !== server) {
      s.trouble.push(`foreign host: ${url}`)
      return null
    }
    const response = await fetch(url, { method, headers, body })
    const text = await response.text()
    page.answers.push({ method, url, text })
    return { status: response.status, text, headers: Object.fromEntries(response.headers) }
  })
  await page.exposeFunction('__login', async () => {
    const { wechat_appid: appid } = await (await owner()).get(`/programs/${PROGRAM}`)
    return (await sandbox('wechat/codes', { appid, user })).code
  })
  await page.goto(pathToFileURL(file).href + (path ? `#${path}` : ''))
  return page
}
