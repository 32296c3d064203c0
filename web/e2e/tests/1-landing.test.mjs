// What a consumer sees who taps a link in a group: the page, the shop, and what stands there instead.

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { findings, none } from '../harness/axe.mjs'
import { fits } from '../harness/console.mjs'
import { goods, owner, PROGRAM, promoter, server, shop, until } from '../harness/api.mjs'
import { scene } from '../harness/scene.mjs'

async function shared(nickname) {
  const who = await promoter({ nickname })
  const [product] = await goods()
  return { who, product, link: await who.api.post(`/programs/${PROGRAM}/links`, { product: product.product }) }
}

scene('the landing page tells price, recommender and advertising, without scripts, in less than 30 KB', async (s) => {
  const { product, link } = await shared('阿芳')
  const page = await s.open({ phone: true, scripts: false })
  const response = await page.goto(link.page)
  const html = await response.body()
  const text = await page.locator('main').innerText()
  const yuan = (fen) => `${Math.trunc(fen / 100)}${fen % 100 ? `.${String(fen % 100).padStart(2, '0')}` : ''}`
  for (const word of ['广告', '阿芳', '推荐给你', product.title, yuan(product.final_fen), '价格怎么来的', '到手价', '价格截至', '推荐人可能获得佣金']) {
    assert.ok(text.includes(word), `the page does not say ${word}:\n${text}`)
  }
  assert.ok(html.length < 30_000, `the page has ${html.length} bytes`)
  assert.ok(!/<script/i.test(html.toString()), 'the page works without scripts, so it brings none')
  console.log(`size: landing page ${html.length} bytes, ${gzipSync(html, { level: 9 }).length} as gzip`)
})

scene('with scripts off the button leads to the shop, and buying there works', async (s) => {
  const { link, product, who } = await shared('小敏')
  const page = await s.open({ phone: true, scripts: false, shop: true })
  await page.goto(link.page)
  await page.getByRole('link', { name: /^(领券购买|去购买)$/ }).last().tap()
  await page.waitForURL(`${shop}/**`)
  assert.ok((await page.locator('h1').innerText()).includes(product.title), 'the shop shows another product')
  await s.shot(page, 'shop')
  await page.getByRole('button', { name: '立即购买' }).tap()
  const number = await page.locator('#order-no').innerText()
  assert.match(number, /^\d+$/)
  const order = await until('the order in the promoter’s list', async () =>
    (await who.api.get(`/programs/${PROGRAM}/orders`)).items.find((o) => o.order_no === number))
  assert.equal(order.attribution, 'code')
})

scene('the landing page, light and dark, on phone and desk, has no serious finding of axe-core', async (s) => {
  const { link } = await shared('阿芳')
  const found = []
  for (const dark of [false, true]) {
    for (const phone of [true, false]) {
      const page = await s.open({ phone, dark })
      await page.goto(link.page)
      await fits(page)
      found.push(...(await findings(page, `landing page, ${dark ? 'dark' : 'light'}`)))
      await s.shot(page, `landing-${phone ? 'phone' : 'desk'}-${dark ? 'dark' : 'light'}`, { fullPage: phone })
    }
  }
  none(found)
})

scene('a link that leads nowhere says why, and is no page of its product', async (s) => {
  const page = await s.open({ phone: true })
  s.allow(404, /^\/[ps]\//)
  const unknown = await page.goto(`${server}/p/2notOurCode00000000x`)
  assert.equal(unknown.status(), 404)
  await page.getByText('链接无效').first().waitFor()
  await s.shot(page, 'unknown-code')

  const { link, who } = await shared('已停用的人')
  await (await owner()).post(`/programs/${PROGRAM}/promoters/${who.id}/suspend`, { reason: '测试：停用后链接不再有效' })
  for (const address of [link.page, link.url]) {
    const stopped = await page.goto(address)
    assert.equal(stopped.status(), 404)
    const text = await page.locator('main').innerText()
    assert.ok(text.includes('链接已停用'), text)
    assert.ok(!text.includes('已停用的人'), 'a suspended promoter is still recommended')
  }
  await s.shot(page, 'suspended')
})

scene('a nickname with a script in it is text', async (s) => {
  const { link } = await shared('<img src=x onerror=alert(1)>')
  const page = await s.open({ phone: true })
  page.on('dialog', () => assert.fail('the nickname was run'))
  await page.goto(link.page)
  await page.getByText('<img src=x onerror=alert(1)>').first().waitFor()
  assert.equal(await page.locator('img[src="x"]').count(), 0)
})
