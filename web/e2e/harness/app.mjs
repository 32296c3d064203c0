// Ways through the app (H5), by its test ids and the words that people see.

import { PROGRAM, server } from './api.mjs'

export const app = (path, program = PROGRAM) => `${server}/app/${program}/#/${path}`

/** What shows now: uni keeps the pages below in the document. */
export const on = (page, id) => page.locator(`[data-testid="${id}"]:visible`)

/** The real input of one: on H5 uni's own element is around it, in a mini program it is the element. */
export const input = (page, id) => page.locator(`[data-testid="${id}"] input, input[data-testid="${id}"]`).locator('visible=true').first()
export const field = (page, name) => input(page, `field-${name}`)

export async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) await field(page, name).fill(value)
}

/** Signed in, at the feed or where `path` says. */
export async function signIn(page, who, path = 'pages/feed/index') {
  // Not on top of a page that is open already: the app would go back to it.
  await page.goto('about:blank')
  await page.goto(app('pages/signin/index', who.program))
  await fill(page, { name: who.name, password: who.password })
  await on(page, 'signin').click()
  await on(page, 'today').waitFor()
  if (path !== 'pages/feed/index') await page.goto(app(path, who.program))
}
