// The mini program, as built for a program's operator, in the engine that WeChat itself runs.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fill, on } from '../harness/app.mjs'
import { goods, inviteCode, newcomer, person, PROGRAM, server } from '../harness/api.mjs'
import { build } from '../harness/mini-program/build.mjs'
import { open } from '../harness/mini-program/open.mjs'
import { scene, test } from '../harness/scene.mjs'

const OUT = fileURLToPath(new URL('../out', import.meta.url))
const MOST_BYTES = 200 * 1024
const file = join(OUT, 'mini-program.html')
let built

test('builds for a program, without a problem in its WXML, in at most 200 KB', () => {
  mkdirSync(OUT, { recursive: true })
  built = build(file)
  console.log(`size: mini program ${built.bytes} bytes`)
  assert.deepEqual(built.problems, [])
  assert.ok(built.pages > 10, `only ${built.pages} pages`)
  assert.ok(built.bytes <= MOST_BYTES, `${built.bytes} bytes`)
  const project = JSON.parse(readFileSync(join(built.folder, 'project.config.json'), 'utf8'))
  assert.ok(project.appid, 'no appid')
})

const calls = (page, name) => page.evaluate((n) => window.host.calls.filter(([c]) => c === n).map(([, o]) => o), name)

scene('a newcomer joins, looks at goods, and shares one as text, poster and card', async (s) => {
  const code = await inviteCode()
  const who = newcomer('小程序推手')
  const page = await open(s, file)
  // Nobody is signed in: the way in is shown.
  await on(page, 'to-join').tap()
  await page.evaluate((scanned) => { window.host.scanned = scanned }, `${server}/i/${code}`)
  await page.getByLabel('扫码').tap()
  await on(page, 'inviter').waitFor()
  await fill(page, { nickname: who.nickname, name: who.name, 'new-password': who.password, again: who.password })
  await s.shot(page, 'join')
  await on(page, 'next').tap()
  await on(page, 'rules-text').waitFor()
  await on(page, 'agree').tap()
  await on(page, 'join').tap()
  await on(page, 'today').waitFor()
  await page.locator('[data-testid^="product-"]:visible').first().waitFor()
  await s.shot(page, 'feed')
  assert.equal((await (await person(who)).get(`/programs/${PROGRAM}/promoters/me`)).display_name, who.nickname)

  await page.locator('[data-testid^="product-"]:visible').first().tap()
  await on(page, 'price-steps').waitFor()
  await s.shot(page, 'product')
  await on(page, 'share').tap()
  await on(page, 'copy-text').filter({ hasText: '【广告】' }).waitFor()
  await s.shot(page, 'share-sheet')
  await on(page, 'copy-words').tap()
  assert.match((await calls(page, 'setClipboardData'))[0].data, /【广告】[^]*\/s\//)

  await on(page, 'share-card').tap()
  const card = await page.evaluate(() => window.host.shared)
  const [, shared] = /^\/pages\/item\/index\?c=(\w+)$/.exec(card?.path) ?? assert.fail(`the card leads to ${JSON.stringify(card)}`)
  assert.match(card.title, /¥/)
  assert.match(card.imageUrl, new RegExp(`^${server}/pic/`))

  await on(page, 'show-poster').tap()
  await on(page, 'poster').waitFor()
  await page.waitForFunction(() => [...document.querySelectorAll('image')].some((i) => i.drawn?.endsWith('/poster.jpg') && i.style.background))
  await s.shot(page, 'poster')

  // What the card opens, on the phone of somebody of the group, and where its button jumps to.
  const buyer = await open(s, file, `pages/item/index?c=${shared}`)
  await on(buyer, 'who').filter({ hasText: who.nickname }).waitFor()
  await s.shot(buyer, 'item')
  await on(buyer, 'buy').tap()
  await buyer.waitForFunction(() => window.host.calls.some(([c]) => c === 'navigateToMiniProgram' || c === 'setClipboardData'))
  const [jump] = await calls(buyer, 'navigateToMiniProgram')
  assert.equal(jump?.appId, 'wx91d27dbf599dff74')
  assert.match(decodeURIComponent(jump.path), /^pages\/union\/proxy\/proxy\?spreadUrl=https?:/)

  assert.ok(page.requests.length > 5)
})

scene('signs in with name and password; a wrong one is told', async (s) => {
  const who = newcomer()
  const page = await open(s, file)
  await fill(page, { name: who.name, password: who.password })
  await on(page, 'signin').tap()
  await on(page, 'said').filter({ hasText: '用户名或密码不对' }).waitFor()
})

scene('every page opens', async (s) => {
  const { signIn } = await import('../harness/mini-program/open.mjs')
  const [product] = await goods()
  const page = await signIn(s, file)
  const { pages } = JSON.parse(readFileSync(join(built.folder, 'app.json'), 'utf8'))
  for (const path of pages.filter((p) => !/signin|join/.test(p))) {
    await page.evaluate((p) => window.wx.reLaunch({ url: `/${p}` }), path + (path.includes('product') ? `?n=${product.product}` : ''))
    await page.waitForTimeout(250)
  }
})
