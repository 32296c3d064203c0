// Somebody who only wants to buy, in the app: sees who recommends, looks for more of theirs, goes to the union.

import assert from 'node:assert/strict'
import { app, input, on } from '../harness/app.mjs'
import { goods, PROGRAM, promoter, shop, until } from '../harness/api.mjs'
import { scene } from '../harness/scene.mjs'

scene('a product by its share code, another of the same recommender by search, and on to the union', async (s) => {
  const who = await promoter({ nickname: '阿芳推荐' })
  const [first, second] = await goods()
  const link = await who.api.post(`/programs/${PROGRAM}/links`, { product: first.product })
  const page = await s.open({ phone: true, shop: true })
  await page.goto(app(`pages/item/index?c=${link.code}`))
  await on(page, 'who').filter({ hasText: '阿芳推荐' }).waitFor()
  await on(page, 'ad-mark').waitFor()
  await on(page, 'as-of').waitFor()
  const text = await page.locator('body').innerText()
  assert.ok(text.includes(first.title) && text.includes('会因你的购买得到佣金'), text)
  // What the promoter earns is nobody else's business.
  assert.ok(!/分享赚|赚 ¥/.test(text), 'a consumer sees what the promoter earns')
  await s.shot(page, 'item', { fullPage: true })

  await on(page, 'browse').tap()
  await input(page, 'search-input').fill(second.title.slice(0, 12))
  await on(page, 'search-go').tap()
  await on(page, `product-${second.product}`).waitFor()
  await s.shot(page, 'shop')
  await on(page, `product-${second.product}`).tap()
  await on(page, 'buy').waitFor()
  await on(page, 'who').filter({ hasText: '阿芳推荐' }).waitFor()
  const code = /c=(\w+)/.exec(page.url())[1]
  assert.notEqual(code, link.code, 'another product has another code')

  await on(page, 'buy').tap()
  await page.waitForURL(`${shop}/**`)
  assert.ok((await page.locator('h1').innerText()).includes(second.title))
  await page.getByRole('button', { name: '立即购买' }).tap()
  const number = await page.locator('#order-no').innerText()
  const order = await until('the order, as the recommender’s', async () =>
    (await who.api.get(`/programs/${PROGRAM}/orders`)).items.find((o) => o.order_no === number))
  assert.equal(order.title, second.title)
})

scene('becomes a promoter from there', async (s) => {
  const who = await promoter()
  const [product] = await goods()
  const link = await who.api.post(`/programs/${PROGRAM}/links`, { product: product.product })
  const page = await s.open({ phone: true })
  await page.goto(app(`pages/item/index?c=${link.code}`))
  await on(page, 'become').tap()
  await on(page, 'field-code').first().waitFor()
})
