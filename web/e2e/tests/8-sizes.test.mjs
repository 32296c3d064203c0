// What a phone has to load, measured in the browser that loads it.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { app, on, signIn } from '../harness/app.mjs'
import { goods, inviteCode, PROGRAM, promoter, server } from '../harness/api.mjs'
import { scene } from '../harness/scene.mjs'

const MOST = 90 * 1024

/** Opens a page as for the first time, and adds up what came from the app's folder. */
async function measure(page, what, address, there) {
  const loads = new Map()
  const note = (response) => {
    const { origin, pathname } = new URL(response.url())
    if (origin === server && pathname.startsWith('/app/')) loads.set(pathname, response)
  }
  await page.goto('about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Network.clearBrowserCache')
  page.on('response', note)
  await page.goto(address)
  await on(page, there).first().waitFor()
  await page.waitForLoadState('networkidle')
  page.off('response', note)
  let sum = 0
  const files = []
  for (const [path, response] of loads) {
    const body = await response.body()
    const small = gzipSync(body, { level: 9 }).length
    sum += small
    files.push(`${small} ${path}`)
    if (/\.(js|css)$/.test(path) && body.length > 2048) assert.equal(await response.headerValue('content-encoding'), 'br', `${path} comes uncompressed`)
  }
  assert.ok(files.length > 4, `only ${files}`)
  console.log(`size: H5 first load, ${what}: ${sum} bytes as gzip, ${files.length} files`)
  return { what, sum, files }
}

scene('the first page of the app needs at most 90 KB, whichever it is', async (s) => {
  const who = await promoter()
  const [product] = await goods()
  const link = await who.api.post(`/programs/${PROGRAM}/links`, { product: product.product })
  const page = await s.open({ phone: true })
  const measured = [
    await measure(page, 'signed out', app('').replace('#/', ''), 'signin'),
    await measure(page, 'join', app(`pages/join/index?code=${await inviteCode()}`), 'inviter'),
    await measure(page, 'recommended product', app(`pages/item/index?c=${link.code}`), 'who'),
  ]
  await signIn(page, who)
  measured.push(await measure(page, 'feed', app('').replace('#/', ''), 'today'))
  for (const { what, sum, files } of measured) assert.ok(sum <= MOST, `${what} loads ${sum} bytes of ${MOST}:\n${files.sort((a, b) => parseInt(b) - parseInt(a)).join('\n')}`)
})
