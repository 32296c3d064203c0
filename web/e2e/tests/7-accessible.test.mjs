// axe-core on the pages where most time is spent: no serious and no critical finding, light and dark.

import { owner, PROGRAM, server } from '../harness/api.mjs'
import { findings, none } from '../harness/axe.mjs'
import { enter, settled } from '../harness/console.mjs'
import { scene } from '../harness/scene.mjs'

for (const dark of [false, true]) {
  scene(`the console’s pages, ${dark ? 'dark' : 'light'}`, async (s) => {
    const [order] = (await (await owner()).get(`/programs/${PROGRAM}/orders?limit=1`)).items
    const page = await s.open({ dark })
    await page.goto(`${server}/console/`)
    await page.getByLabel('用户名').waitFor()
    const found = await findings(page, 'sign-in')
    await enter(page)
    for (const path of ['/', `/orders?program=${PROGRAM}`, `/orders/${order.id}`, `/promoters?program=${PROGRAM}`, '/programs/new', `/programs/${PROGRAM}`]) {
      await page.goto(`${server}/console${path}`)
      await settled(page)
      if (path === '/programs/new') await page.locator('label.preset').first().click()
      // Charts and tags fade in.
      await page.waitForTimeout(500)
      found.push(...(await findings(page, path)))
    }
    none(found)
  })
}
