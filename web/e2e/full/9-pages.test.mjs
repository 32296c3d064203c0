// Every page of console and app, for the eye: light and dark, wide and narrow. Each must come, fit, and have no error.

import { app, on, signIn } from '../harness/app.mjs'
import { goods, owner, PROGRAM, person, promoter, server, signs } from '../harness/api.mjs'
import { enter, fits, settled } from '../harness/console.mjs'
import { scene } from '../harness/scene.mjs'

const name = (path) => path.split('?')[0].replace(/^\//, '').replace(/\W+/g, '-').replace(/(pmt|ord|lin|prd)_\w+/g, '').replace(/-$/, '') || 'board'

async function consolePages() {
  const admin = await owner()
  const [order] = (await admin.get(`/programs/${PROGRAM}/orders?limit=1`)).items
  const [product] = (await admin.get(`/programs/${PROGRAM}/products?limit=1`)).items
  const lists = ['products', 'promoters', 'communities', 'links', 'clicks', 'invite-codes', 'roster', 'orders', 'ledger', 'ledger/transactions', 'ledger/accounts', 'ledger/verify']
  return [
    '/', `/?program=${PROGRAM}`,
    ...lists.map((l) => `/${l}?program=${PROGRAM}`),
    [`/products/${product.product}?program=${PROGRAM}`, 'product'],
    [`/promoters/${order.promoter}?program=${PROGRAM}`, 'promoter'],
    [`/orders/${order.id}`, 'order'],
    '/orders/unassigned', '/programs', '/programs/new',
    ...['profile', 'admission', 'plan', 'inviter', 'rules'].map((tab) => `/programs/${PROGRAM}/${tab}`),
    '/union-accounts', '/inbox', '/health', '/jobs', '/staff', '/audit', '/tokens', '/nowhere',
  ].map((p) => (Array.isArray(p) ? p : [p, name(p)]))
}

for (const dark of [false, true]) {
  for (const width of [1280, 390]) {
    scene(`console, ${dark ? 'dark' : 'light'}, ${width} px`, async (s) => {
      const page = await s.open({ width, height: 900, dark })
      await page.goto(`${server}/console/`)
      await page.getByLabel('用户名').waitFor()
      await s.shot(page, `console-${width}-${dark ? 'dark' : 'light'}-sign-in`)
      await enter(page)
      for (const [path, called] of await consolePages()) {
        await page.goto(`${server}/console${path}`)
        await settled(page)
        await fits(page)
        await page.waitForTimeout(300)
        await s.shot(page, `console-${width}-${dark ? 'dark' : 'light'}-${called}`, { fullPage: true })
      }
    })
  }
}

scene('app, every page of a promoter with sales and of somebody new', async (s) => {
  // The demo's first promoter has clicks, orders and a team.
  const old = { ...signs.promoters[0], program: PROGRAM, api: await person(signs.promoters[0]) }
  const fresh = await promoter({ nickname: '新人' })
  const [product] = await goods()
  for (const [who, what] of [[old, 'old'], [fresh, 'new']]) {
    const link = await who.api.post(`/programs/${PROGRAM}/links`, { product: product.product })
    const [order] = (await who.api.get(`/programs/${PROGRAM}/orders?limit=1`)).items
    const page = await s.open({ phone: true })
    await page.goto(app('pages/signin/index'))
    await on(page, 'signin').waitFor()
    await s.shot(page, `app-${what}-signin`)
    await signIn(page, who)
    const paths = ['feed', 'earnings', 'team', 'me', 'rules', 'search', 'communities', 'clicks', 'invite', 'password',
      `product?n=${product.product}`, `item?c=${link.code}`, `shop?c=${link.code}`, ...(order ? [`why?order=${order.id}`] : [])]
    for (const path of paths) {
      const [folder, query] = path.split('?')
      await page.goto('about:blank')
      await page.goto(app(`pages/${folder}/index${query ? `?${query}` : ''}`))
      await page.waitForFunction(() => document.querySelector('uni-page-body') && !document.querySelector('[data-testid=skeleton]'))
      await page.waitForLoadState('networkidle')
      if (await on(page, 'failed').count()) throw new Error(`${path} says that something failed`)
      await fits(page)
      await s.shot(page, `app-${what}-${folder}`)
    }
    await page.goto(app('pages/item/index?c=2notOurCode00000000x'))
    s.allow(404, /\/links\//)
    await page.reload()
    await on(page, 'failed').waitFor()
    await s.shot(page, `app-${what}-unknown`)
  }
})
