// A promoter's first day in the app: joins, reads the rules, shares, is clicked, earns.

import assert from 'node:assert/strict'
import { app, field, fill, input, on, signIn } from '../harness/app.mjs'
import { goods, inviteCode, newcomer, person, PROGRAM, promoter, server, shop, until } from '../harness/api.mjs'
import { poster } from '../harness/qr.mjs'
import { scene } from '../harness/scene.mjs'

const yuan = (fen) => `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`

/** From the filled-in form to the feed, by way of the rules. */
async function readRulesAndJoin(s, page) {
  await on(page, 'next').tap()
  await on(page, 'rules-text').waitFor()
  await s.shot(page, 'rules')
  assert.equal(await on(page, 'join').getAttribute('aria-disabled'), 'true', 'nobody joins before they agree')
  await on(page, 'agree').tap()
  await on(page, 'join').tap()
  await on(page, 'today').waitFor()
}

scene('joins through an invite link: the inviter is named, the rules are read, a receipt is kept', async (s) => {
  const inviter = await promoter({ nickname: '王邀请' })
  const { code } = await inviter.api.post(`/programs/${PROGRAM}/invite-codes`)
  const who = newcomer('新来的小李')
  const page = await s.open({ phone: true })
  await page.goto(`${server}/i/${code}`)
  await page.waitForURL(/pages\/join\/index/)
  await on(page, 'inviter').filter({ hasText: '王邀请' }).waitFor()
  assert.equal(await field(page, 'code').inputValue(), code)
  await fill(page, { nickname: who.nickname, name: who.name, 'new-password': who.password, again: who.password })
  await s.shot(page, 'join')
  await readRulesAndJoin(s, page)
  await page.locator('[data-testid^="product-"]:visible').first().waitFor()
  await s.shot(page, 'feed')

  const api = await person(who)
  assert.equal((await api.get(`/programs/${PROGRAM}/promoters/me`)).inviter_name, '王邀请')
  const rules = await api.get(`/programs/${PROGRAM}/rules`)
  assert.equal(rules.read_version, rules.version, 'the receipt of the rules is missing')
  // The inviter sees a number, nobody's name or sales.
  const team = await s.open({ phone: true })
  await signIn(team, inviter, 'pages/team/index')
  await on(team, 'heads').filter({ hasText: '1' }).waitFor()
  assert.ok(!(await team.locator('body').innerText()).includes(who.nickname))
  await s.shot(team, 'team')
})

scene('types the code, shares into a community, is clicked, and sees the commission and why it is so much', async (s) => {
  const code = await inviteCode()
  const who = newcomer('张分享')
  const page = await s.open({ phone: true })
  await page.goto(app('pages/join/index'))
  await fill(page, { code: `${code.slice(0, 4)} ${code.slice(4).toLowerCase()}` })
  await on(page, 'inviter').waitFor()
  await fill(page, { nickname: who.nickname, name: who.name, 'new-password': who.password, again: who.password })
  await readRulesAndJoin(s, page)

  // A community of their own, so that its clicks can be told apart.
  await page.goto(app('pages/communities/index'))
  await on(page, 'new-community').tap()
  await fill(page, { 'community-name': '幸福小区好物群', members: '128', city: '阜阳' })
  await on(page, 'save-community').tap()
  await page.getByText('幸福小区好物群').locator('visible=true').first().waitFor()
  await s.shot(page, 'communities')

  // The product by search; what it earns is said before it is shared.
  const [product] = await goods()
  await page.goto(app('pages/feed/index'))
  await on(page, 'open-search').tap()
  await input(page, 'search-input').fill(product.title.slice(0, 12))
  await on(page, 'search-go').tap()
  await on(page, `product-${product.product}`).tap()
  const { earn_fen } = await (await person(who)).get(`/programs/${PROGRAM}/products/${product.product}`)
  await on(page, 'share').filter({ hasText: `分享赚 ¥${yuan(earn_fen)}` }).waitFor()
  await on(page, 'price-steps').waitFor()
  await s.shot(page, 'product', { fullPage: true })

  await on(page, 'share').tap()
  await page.locator('[data-testid^="community-com_"]:visible').filter({ hasText: '幸福小区好物群' }).tap()
  const words = on(page, 'copy-text')
  await words.filter({ hasText: '【广告】' }).waitFor()
  await s.shot(page, 'share-sheet')
  await on(page, 'copy-words').tap()
  await on(page, 'toast').filter({ hasText: '文案已复制' }).waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  for (const part of ['【广告】', product.title, '到手', `${server}/s/`]) assert.ok(copied.includes(part), `the text lacks ${part}: ${copied}`)
  await on(page, 'copy-link').tap()
  await on(page, 'toast').filter({ hasText: '短链已复制' }).waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  assert.match(link, new RegExp(`^${server}/p/\\w+$`))

  // The poster is a JPEG whose code leads to the page.
  await on(page, 'show-poster').tap()
  const image = page.locator('[data-testid="poster"]:visible img').first()
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid="poster"] img')].some((i) => i.complete && i.naturalWidth > 0))
  await s.shot(page, 'poster')
  const drawn = await page.request.get(new URL(await image.getAttribute('src'), server).href)
  assert.equal(drawn.headers()['content-type'], 'image/jpeg')
  assert.deepEqual(poster(await drawn.body()), { width: 750, height: 1334, text: link })

  // Somebody of the group opens the page, goes to the shop, and buys.
  const buyer = await s.open({ phone: true, shop: true })
  await buyer.goto(link)
  await buyer.getByText('张分享').first().waitFor()
  await s.shot(buyer, 'landing')
  await buyer.locator('a.buy').last().tap()
  await buyer.waitForURL(`${shop}/**`)
  await buyer.getByRole('button', { name: '立即购买' }).tap()
  const number = await buyer.locator('#order-no').innerText()
  await s.shot(buyer, 'bought')

  // The click, with its community.
  await page.goto(app('pages/clicks/index'))
  await until('the click', async () => {
    await page.reload()
    return page.locator('.click:visible', { hasText: '幸福小区好物群' }).first().waitFor({ timeout: 2500 }).then(() => true, () => false)
  })
  await s.shot(page, 'clicks')

  // The commission, when the union has reported the order.
  const api = await person(who)
  const order = await until('the order', async () => (await api.get(`/programs/${PROGRAM}/orders`)).items.find((o) => o.order_no === number))
  await page.goto(app('pages/earnings/index'))
  await on(page, `order-${order.id}`).filter({ hasText: yuan(order.direct_fen) }).waitFor()
  await s.shot(page, 'earnings')
  await on(page, `order-${order.id}`).tap()
  await on(page, 'my-share').filter({ hasText: yuan(order.direct_fen) }).waitFor()
  const why = await page.locator('body').innerText()
  for (const part of ['为什么是我的', '幸福小区好物群', '为什么是这个数', '联盟佣金', '我的比例', yuan(order.fee_fen), number]) {
    assert.ok(why.includes(part), `the why lacks ${part}`)
  }
  await s.shot(page, 'why', { fullPage: true })
  assert.ok(order.direct_fen > 0 || order.fee_fen === 0 || order.state !== 'pending', 'a paid order earns nothing')
})

scene('an invite poster’s code leads to joining with that code', async (s) => {
  const who = await promoter({ nickname: '招募人' })
  const page = await s.open({ phone: true })
  await signIn(page, who, 'pages/invite/index')
  await on(page, 'new-invite').tap()
  await on(page, 'make-invite').tap()
  await on(page, 'invite-code').waitFor()
  const code = (await on(page, 'invite-code').innerText()).trim()
  await s.shot(page, 'invite')
  await on(page, 'invite-poster').tap()
  const image = page.locator('[data-testid="poster"]:visible img').first()
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid="poster"] img')].some((i) => i.complete && i.naturalWidth > 0))
  await s.shot(page, 'recruit-poster')
  const drawn = poster(await (await page.request.get(new URL(await image.getAttribute('src'), server).href)).body())
  assert.deepEqual(drawn, { width: 750, height: 1334, text: `${server}/i/${code}` })
  const guest = await s.open({ phone: true })
  await guest.goto(drawn.text)
  await on(guest, 'inviter').filter({ hasText: '招募人' }).waitFor()
})
