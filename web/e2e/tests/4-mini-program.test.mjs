// The mini program, as built for a program's operator, in the engine that WeChat itself runs.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { goods, inviteCode, newcomer, person, PROGRAM, promoter, server, unique, until } from '../harness/api.mjs'
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

/** What was asked of WeChat, the last time. */
const call = async (page, name) => {
  await page.waitForFunction((n) => window.host.calls.some(([c]) => c === n), name)
  return page.evaluate((n) => window.host.calls.filter(([c]) => c === n).map(([, o]) => o).pop(), name)
}

// Test ids would be carried to every phone, so the build leaves them out: here only words lead the way.
const says = (page, words) => page.getByText(words).locator('visible=true').first()
const tap = (page, words) => page.getByText(words, { exact: typeof words === 'string' }).locator('visible=true').last().tap()
const type = async (page, values) => {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).locator('visible=true').fill(value)
}
const atFeed = (page) => says(page, '今日佣金').waitFor()
const agree = async (page) => {
  await tap(page, '下一步：读守则')
  await tap(page, /我已读完并同意守则/)
  await tap(page, '同意并加入')
  await atFeed(page)
}

scene('a newcomer joins, looks at goods, and shares one as text, poster and card', async (s) => {
  const code = await inviteCode()
  const who = newcomer('小程序推手')
  const page = await open(s, file)
  // Nobody is signed in: the way in is shown.
  await tap(page, '还没有账号？用邀请码加入')
  await page.evaluate((scanned) => { window.host.scanned = scanned }, `${server}/i/${code}`)
  await page.getByLabel('扫码').tap()
  await says(page, '邀请你加入').waitFor()
  await type(page, { 昵称: who.nickname, 手机号: who.name, 密码: who.password, 再输一次密码: who.password })
  await s.shot(page, 'join')
  await agree(page)
  await says(page, /^赚 ¥/).waitFor()
  await s.shot(page, 'feed')
  assert.equal((await (await person(who)).get(`/programs/${PROGRAM}/promoters/me`)).display_name, who.nickname)

  const [product] = JSON.parse(page.answers.find((a) => a.url.includes('/products?')).text).items
  // The card's picture lies over its middle; the tap is the card's, wherever it lands.
  await says(page, product.title).tap({ force: true })
  await says(page, '价格是怎么来的').waitFor()
  await s.shot(page, 'product')
  await tap(page, /^分享赚 ¥/)
  await says(page, /【广告】/).waitFor()
  await s.shot(page, 'share-sheet')
  await tap(page, '复制文案')
  assert.match((await call(page, 'setClipboardData')).data, /【广告】[^]*\/s\//)

  await tap(page, '小程序卡片')
  await page.waitForFunction(() => window.host.shared)
  const card = await page.evaluate(() => window.host.shared)
  assert.match(card.path, /^\/pages\/item\/index\?c=\w+$/)
  assert.ok(card.title.includes(product.title), card.title)
  assert.equal(card.imageUrl, `${server}/pic/${product.product}?w=400`)

  await tap(page, '海报')
  await says(page, '保存海报').waitFor()
  await page.waitForFunction(() => [...document.querySelectorAll('image')].some((i) => i.drawn?.endsWith('/poster.jpg') && i.style.background))
  await s.shot(page, 'poster')

  // What the card opens on the phone of somebody of the group, and where its button jumps to.
  const buyer = await open(s, file, { path: card.path.slice(1) })
  await says(buyer, who.nickname).waitFor()
  await s.shot(buyer, 'item')
  await tap(buyer, /^(领券购买|去京东购买)$/)
  const jump = await call(buyer, 'navigateToMiniProgram')
  assert.equal(jump.appId, 'wx91d27dbf599dff74')
  assert.match(decodeURIComponent(jump.path), /^pages\/union\/proxy\/proxy\?spreadUrl=https?:/)
  const clicks = await until('the click', async () => {
    const { items } = await (await person(who)).get(`/programs/${PROGRAM}/clicks`)
    return items.length && items
  })
  assert.equal(clicks[0].surface, 'app')
})

scene('is known to WeChat: joins without a password, and comes back by one tap', async (s) => {
  const code = await inviteCode()
  const user = `e2e-${unique()}`
  const page = await open(s, file, { user })
  await tap(page, '微信登录')
  // WeChat knows the user, we do not yet.
  await says(page, '这个微信还没有绑定').waitFor()
  await tap(page, '还没有账号？用邀请码加入')
  await type(page, { 邀请码: code, 昵称: '微信来的' })
  await says(page, '邀请你加入').waitFor()
  assert.equal(await page.getByLabel('再输一次密码').count(), 0, 'somebody whom WeChat knows is asked for a password')
  await agree(page)

  const again = await open(s, file, { user })
  await tap(again, '微信登录')
  await atFeed(again)
  await again.evaluate(() => window.wx.switchTab({ url: '/pages/me/index' }))
  await says(again, '微信来的').waitFor()
  await s.shot(again, 'me')
})

scene('a wrong password is told', async (s) => {
  const page = await open(s, file)
  await type(page, { 手机号: newcomer().name, 密码: 'not-the-password' })
  await tap(page, '登录')
  await says(page, /用户名或密码不对/).waitFor()
})

scene('every page opens without an error', async (s) => {
  const who = await promoter()
  const [product] = await goods()
  const link = await who.api.post(`/programs/${PROGRAM}/links`, { product: product.product })
  const page = await open(s, file)
  await type(page, { 手机号: who.name, 密码: who.password })
  await tap(page, '登录')
  await atFeed(page)
  const { pages } = JSON.parse(readFileSync(join(built.folder, 'app.json'), 'utf8'))
  const query = { product: `?n=${product.product}`, item: `?c=${link.code}`, shop: `?c=${link.code}` }
  for (const path of pages.filter((p) => !/signin|join|why/.test(p))) {
    const name = path.split('/')[1]
    await page.evaluate((url) => window.wx.reLaunch({ url }), `/${path}${query[name] ?? ''}`)
    await page.waitForFunction((p) => window.host.page.route === p, path)
    await page.waitForFunction(() => !document.querySelector('#root [aria-label=加载中]'))
    assert.equal(await page.getByText('再试一次').locator('visible=true').count(), 0, `${path} says that something failed`)
    await s.shot(page, `page-${name}`)
  }
})
