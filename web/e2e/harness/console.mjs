// Ways through the operator console, by the words that people see.

import assert from 'node:assert/strict'
import { server, signs } from './api.mjs'

/** Signed in and at an address of the console. */
export async function enter(page, path = '/', sign = signs.owner) {
  await page.goto(`${server}/console${path}`)
  await page.getByLabel('用户名').fill(sign.name)
  await page.getByLabel('密码', { exact: true }).fill(sign.password)
  await page.getByRole('button', { name: '登录', exact: true }).click()
  await page.locator('main#main').waitFor()
  await settled(page)
}

/** A page has come: its heading is there, nothing is being loaded, nothing failed. */
export async function settled(page) {
  await page.locator('main#main h1').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('main#main [aria-busy=true], main#main .el-skeleton, main#main .waiting'))
  await page.waitForLoadState('networkidle')
  const failed = await page.locator('main#main .failure').allInnerTexts()
  assert.deepEqual(failed, [], `${page.url()} says that something failed`)
}

/** Where a page is wider than the window, people on phones lose its right side. */
export async function fits(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    const beyond = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1)
    return beyond.slice(-3).map((e) => `${e.tagName.toLowerCase()}.${e.className} ends at ${Math.round(e.getBoundingClientRect().right)} of ${width}`)
  })
  assert.deepEqual(wide, [], `${page.url()} is wider than the window`)
}

/** An option of one of Element Plus's selects. */
export async function choose(page, field, option, typed) {
  // The words of the choice lie over the input.
  await field.locator('xpath=ancestor::*[contains(@class, "el-select__wrapper")]').click()
  if (typed) await field.fill(typed)
  await page.locator('.el-select-dropdown:visible .el-select-dropdown__item, .el-popper:visible [role=option]').filter({ hasText: option }).first().click()
}
