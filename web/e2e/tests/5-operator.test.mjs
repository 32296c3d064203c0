// An operator's day at the console.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { goods, owner, PROGRAM, person, promoter, sandbox, server, signs, unique, until } from '../harness/api.mjs'
import { choose, enter, fits, settled } from '../harness/console.mjs'
import { parse } from '../harness/csv.mjs'
import { scene } from '../harness/scene.mjs'

/** As the console writes amounts: to the fen, thousands apart. */
const yuan = (fen) => {
  const text = String(Math.abs(fen)).padStart(3, '0')
  return `${fen < 0 ? '-' : ''}¥${text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')}.${text.slice(-2)}`
}

scene('signs in with the keyboard alone, and reads the board as the server has it', async (s) => {
  const page = await s.open()
  await page.goto(`${server}/console/`)
  await page.waitForURL(/\/console\/sign-in/)
  await page.getByLabel('用户名').waitFor()
  await s.shot(page, 'sign-in')
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.textContent)
  for (let n = 0; n < 6 && (await focused()) !== 'name'; n++) await page.keyboard.press('Tab')
  await page.keyboard.type(signs.owner.name)
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'password')
  await page.keyboard.type(signs.owner.password)
  const asked = page.waitForResponse((r) => r.url().includes('/reports/board') && r.ok())
  await page.keyboard.press('Enter')
  const board = await (await asked).json()
  await settled(page)
  const text = await page.locator('main#main').innerText()
  for (const fen of [board.today.gmv_fen, board.today.fee_fen]) assert.ok(text.includes(yuan(fen)), `the board does not show ${yuan(fen)}:\n${text}`)
  for (const title of ['今日成交额', '今日佣金', '今日订单行', '今日点击', '今日新推手', '社群', '触达群成员', '最近三小时', '近 14 天', '转化漏斗', '热销商品', '推手榜', '下沉市场占比']) {
    assert.ok(text.includes(title), `the board lacks ${title}`)
  }
  await page.locator('canvas, svg.chart, [role=img] svg').first().waitFor()
  await page.waitForTimeout(600)
  await s.shot(page, 'board', { fullPage: true })
  // From the address bar to the heading of another page, still without a mouse: the first stop jumps over the menu.
  await page.keyboard.press('Tab')
  assert.ok(await page.evaluate(() => document.activeElement !== document.body))
})

scene('follows an order from the list to why this promoter and why this amount', async (s) => {
  const page = await s.open()
  await enter(page)
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: '订单', exact: true }).click()
  await page.getByRole('button', { name: '芬香' }).click()
  await settled(page)
  await s.shot(page, 'orders')
  const orders = (await (await owner()).get(`/programs/${PROGRAM}/orders?limit=100`)).items
  const order = orders.find((o) => o.attribution === 'code' && o.fee_fen > 0 && o.inviter_fen > 0) ?? orders.find((o) => o.fee_fen > 0)
  await page.goto(`${server}/console/orders/${order.id}`)
  const why = await (await owner()).get(`/orders/${order.id}/why`)
  await settled(page)
  const text = await page.locator('main#main').innerText()
  assert.equal(why.shares.direct_fen + why.shares.inviter_fen + why.shares.platform_fen, why.shares.total_fen, 'the shares do not add up to the fee')
  for (const part of ['为什么是这位推手', '为什么是这个金额', '推广码由本站签发', order.promoter_name, order.order_no,
    ...[why.shares.total_fen, why.shares.direct_fen, why.shares.inviter_fen, why.shares.platform_fen].filter((f) => f > 0).map(yuan)]) {
    assert.ok(text.includes(part), `the why of ${order.order_no} lacks ${part}:\n${text}`)
  }
  await s.shot(page, 'why', { fullPage: true })
})

scene('assigns an order that is nobody’s by hand; the books and the audit log say so', async (s) => {
  const admin = await owner()
  const [{ account }] = (await admin.get('/union-accounts')).items
  const who = await promoter({ nickname: `分配给我${unique(2)}` })
  // A fresh one: bought without any code of ours.
  const [{ rows: [{ skuId }] }] = (await sandbox('orders?limit=1')).items
  const { order_no } = await sandbox('buy', { items: [[skuId, 1]], life: 'paid' })
  const waiting = await until('the order in the inbox', async () => (await admin.get(`/union-accounts/${account}/unassigned`)).items.find((o) => o.order_no === order_no))
  assert.equal(waiting.direct_fen, 0)

  const page = await s.open()
  await enter(page, '/orders/unassigned')
  await settled(page)
  const row = page.locator('tbody tr', { hasText: order_no })
  await s.shot(page, 'unassigned')
  await row.getByRole('button', { name: '分配' }).click()
  const dialog = page.getByRole('dialog', { name: '把订单分配给推手' })
  await choose(page, dialog.getByRole('combobox', { name: '小程序' }), '芬香')
  await choose(page, dialog.getByRole('combobox', { name: /推手/ }), who.nickname, who.nickname)
  await dialog.getByPlaceholder(/推手提供了下单截图/).fill('推手给了下单截图，订单号一致')
  await dialog.getByRole('button', { name: /下一步/ }).click()
  await dialog.getByText(`分配给 ${who.nickname} 后`).waitFor()
  await s.shot(page, 'assign')
  await dialog.getByRole('button', { name: '确认分配' }).click()
  await page.getByText('已分配，账已补记').waitFor()
  await row.waitFor({ state: 'detached' })

  const { order, shares } = await admin.get(`/orders/${waiting.id}/why`)
  assert.equal(order.promoter, who.id)
  assert.equal(order.attribution, 'by_hand')
  assert.equal(shares.direct_fen + shares.inviter_fen + shares.platform_fen, waiting.fee_fen)
  const log = (await admin.get(`/programs/${PROGRAM}/audit?subject=${waiting.id}`)).items
  assert.ok(log.some((e) => /assign/.test(e.action)), `nothing in the audit log: ${JSON.stringify(log)}`)
  await page.goto(`${server}/console/orders/${waiting.id}`)
  await settled(page)
  await page.getByText('由运营人员人工分配').waitFor()
  await page.getByText('推手给了下单截图').first().waitFor()
  await s.shot(page, 'assigned', { fullPage: true })
})

scene('makes a program from a preset, gives it its colour, opens it', async (s) => {
  const code = `e2e-${unique(3)}`
  const page = await s.open()
  await enter(page, '/programs/new')
  await page.locator('label.preset').first().click()
  await page.getByLabel('名称').fill('测试计划')
  await page.getByLabel('代号').fill(code)
  await s.shot(page, 'program-new')
  await page.getByRole('button', { name: '创建草稿' }).click()
  await page.waitForURL(new RegExp(`/console/programs/${code}`))
  await settled(page)
  await page.getByText('草稿：还没有人能加入').waitFor()
  const draft = await (await owner()).get(`/programs/${code}`)
  assert.equal(draft.state, 'draft')

  await page.getByLabel('名称').fill('测试计划·绿')
  const colour = page.locator('.el-form-item', { hasText: '主题色' }).locator('input[type=text], input:not([type])').first()
  await colour.fill('#0a7d4b')
  await colour.press('Tab')
  await s.shot(page, 'program-theme')
  await page.getByRole('button', { name: '保存', exact: true }).click()
  await until('the theme is saved', async () => (await (await owner()).get(`/programs/${code}`)).theme_colour === '#0a7d4b')

  await page.getByRole('button', { name: '上线', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: /^上线/ })
  await dialog.getByText('佣金方案已生效').waitFor()
  await s.shot(page, 'program-open')
  const reason = dialog.getByRole('textbox')
  if (await reason.count()) await reason.fill('测试：上线')
  await dialog.getByRole('button', { name: /上线/ }).click()
  await until('the program is live', async () => (await (await owner()).get(`/programs/${code}`)).state === 'live')
  // The app is this program's now, in its colour.
  const phone = await s.open({ phone: true })
  await phone.goto(`${server}/app/${code}/`)
  await phone.getByText('测试计划·绿').first().waitFor()
  await s.shot(phone, 'program-app')
})

scene('exports what a list shows as CSV that a spreadsheet reads and does not run', async (s) => {
  const admin = await owner()
  const who = await promoter({ nickname: '=1+1' })
  const page = await s.open()
  await enter(page, `/promoters?program=${PROGRAM}`)
  const save = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '导出 CSV' }).click()])
    const text = await readFile(await download.path(), 'utf8')
    assert.equal(text.codePointAt(0), 0xfeff, 'without its mark Excel takes UTF-8 for something else')
    assert.match(download.suggestedFilename(), /\.csv$/)
    return parse(text.slice(1))
  }
  const all = await save()
  assert.ok(all[0].every((title) => /[\u4e00-\u9fff]|ID|id/.test(title)), `the header is not Chinese: ${all[0]}`)
  let [items, next] = [[], '']
  do {
    const part = await admin.get(`/programs/${PROGRAM}/promoters?limit=100${next ? `&after=${next}` : ''}`)
    items = items.concat(part.items)
    next = part.next
  } while (next)
  assert.ok(Math.abs(all.length - 1 - items.length) <= 2, `${all.length - 1} rows of ${items.length}`)
  const row = all.find((r) => r.includes(who.id))
  assert.ok(row.includes("'=1+1"), `a formula was exported: ${row}`)

  // Filters hold for the file, too, and money is yuan with two decimals.
  await page.goto(`${server}/console/orders?program=${PROGRAM}&state=pending`)
  await settled(page)
  const orders = await save()
  const state = orders[0].findIndex((t) => t.includes('状态'))
  assert.ok(orders.length > 1)
  assert.equal(new Set(orders.slice(1).map((r) => r[state])).size, 1, 'rows of other states')
  const fee = orders[0].findIndex((t) => t.includes('佣金'))
  for (const r of orders.slice(1)) assert.match(r[fee], /^-?\d+\.\d\d$/)
})

for (const [width, how] of [[1280, 'desk'], [390, 'phone']]) {
  scene(`every entry of the menu opens at ${width} px, and nothing hangs over the edge`, async (s) => {
    const page = await s.open({ width, height: 900 })
    await enter(page, `/?program=${PROGRAM}`)
    const menu = page.getByRole('navigation', { name: '菜单' }).locator('visible=true')
    const open = async () => {
      if (how === 'phone') await page.getByRole('button', { name: '打开菜单' }).click()
      await menu.getByRole('link').first().waitFor()
    }
    await open()
    const entries = await menu.getByRole('link').allInnerTexts()
    assert.ok(entries.length >= 8, `only ${entries}`)
    for (const [n, entry] of entries.entries()) {
      if (n && how === 'phone') await open()
      await menu.getByRole('link', { name: entry, exact: true }).click()
      const choice = page.locator('.programs button.program', { hasText: '芬香' })
      await page.waitForTimeout(50)
      if (await choice.count()) await choice.first().click()
      await settled(page)
      if (how === 'phone') await page.locator('.el-drawer:visible').waitFor({ state: 'detached' }).catch(() => {})
      await fits(page)
      await s.shot(page, `menu-${how}-${String(n).padStart(2, '0')}`)
    }
  })
}

scene('speaks English when asked, and keeps to it', async (s) => {
  const page = await s.open()
  await enter(page)
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { level: 1 }).filter({ hasText: /^[\x20-\x7e]+$/ }).waitFor()
  assert.match(await page.locator('html').getAttribute('lang'), /^en/)
  await page.reload()
  await settled(page)
  const menu = await page.getByRole('navigation').first().innerText()
  assert.doesNotMatch(menu, /[\u4e00-\u9fff]/, 'the menu is not all English')
  await s.shot(page, 'english')
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { level: 1, name: '实时看板' }).waitFor()
})

scene('goes dark when asked, and with the system', async (s) => {
  const page = await s.open()
  await enter(page)
  const brightness = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3)
  assert.ok((await brightness()) > 200)
  await page.getByRole('button', { name: '外观' }).click()
  await page.getByRole('menuitem', { name: '深色' }).click()
  await page.waitForFunction(() => document.documentElement.classList.contains('dark'))
  await page.waitForTimeout(500)
  assert.ok((await brightness()) < 60)
  await s.shot(page, 'dark')
  const night = await s.open({ dark: true })
  await night.goto(`${server}/console/`)
  await night.getByLabel('用户名').waitFor()
  assert.ok(await night.evaluate(() => document.documentElement.classList.contains('dark')), 'the console does not follow the system')
})
