// What a consumer sees who taps a link in a group: the page, the shop, and what stands there instead.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { goods, owner, promoter, server, shop, unique, until } from '../harness/api.mjs'
import { scene } from '../harness/scene.mjs'

const link = async (who, more = {}) => {
  const [product] = await goods()
  return { product, link: await who.api.post(`/programs/${who.program}/links`, { product: product.product, ...more }) }
}

scene('the landing page tells price, recommender and advertising, without scripts, in less than 30 KB', async (s) => {
  const who = await promoter({ nickname: '阿芳' })
  const { product, link: made } = await link(who)
  const page = await s.open({ phone: true, scripts: false })
  const response = await page.goto(made.page)
  const text = await page.locator('main').innerText()
  for (const word of ['广告', '阿芳', '推荐给你', product.title, '价格怎么来的', '到手价', '价格截至', '领券购买', '推荐人可能获得佣金']) {
    assert.ok(text.includes(word), `the page does not say ${word}:\n${text}`)
  }
  const html = await response.body()
  assert.ok(html.length < 30_000, `the page has ${html.length} bytes`)
  console.log(`landing page: ${html.length} bytes, ${gzipSync(html, { level: 9 }).length} as gzip`)
  assert.equal(await page.evaluate(() => document.scripts.length).catch(() => 0), 0)
  await s.shot(page, 'landing', { fullPage: true })
})
