// What a phone has to load, measured in the browser that loads it.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { app, on, signIn } from '../harness/app.mjs'
import { promoter, server } from '../harness/api.mjs'
import { scene } from '../harness/scene.mjs'

const MOST = 90 * 1024

scene('the first page of the app needs at most 90 KB, and comes compressed', async (s) => {
  const who = await promoter()
  for (const [what, go] of [
    ['signed out', (page) => page.goto(app('')).then(() => on(page, 'signin').waitFor())],
    ['feed', (page) => signIn(page, who).then(() => page.goto('about:blank')).then(() => page.goto(app(''))).then(() => on(page, 'today').waitFor())],
  ]) {
    const page = await s.open({ phone: true })
    let loads = new Map()
    if (what === 'feed') await go(page)
    // Without what the browser kept: the first time is meant.
    const session = await page.context().newCDPSession(page)
    await session.send('Network.clearBrowserCache')
    page.on('response', (r) => {
      const path = new URL(r.url()).pathname
      if (r.url().startsWith(server) && /^\/app\//.test(path)) loads.set(path, r)
    })
    if (what === 'feed') {
      await page.goto('about:blank')
      await page.goto(app(''))
      await on(page, 'today').waitFor()
    } else await go(page)
    await page.waitForLoadState('networkidle')
    let sum = 0
    for (const [path, response] of loads) {
      const body = await response.body()
      sum += gzipSync(body, { level: 9 }).length
      if (/\.(js|css)$/.test(path) && body.length > 1024) assert.equal(await response.headerValue('content-encoding'), 'br', `${path} is not compressed`)
    }
    assert.ok(loads.size > 4, `only ${[...loads.keys()]}`)
    console.log(`size: H5 first load, ${what}: ${sum} bytes as gzip, ${loads.size} files`)
    assert.ok(sum <= MOST, `${what} loads ${sum} bytes:\n${[...loads.keys()].join('\n')}`)
  }
})
