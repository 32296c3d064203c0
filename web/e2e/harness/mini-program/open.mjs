// A packed mini program in a scene's browser, talking to the demo.

import { pathToFileURL } from 'node:url'
import { server } from '../api.mjs'

export async function open(s, file, path = '') {
  const page = await s.open({ phone: true })
  page.requests = []
  await page.exposeFunction('__request', async ({ url, method, headers, body }) => {
    page.requests.push(`${method} ${url}`)
    if (new URL(url).origin !== server) {
      s.trouble.push(`foreign host: ${url}`)
      return null
    }
    if (page.offline) return null
    const response = await fetch(url, { method, headers, body })
    return { status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) }
  })
  await page.goto(pathToFileURL(file).href + (path ? `#${path}` : ''))
  return page
}
