// What a screen reader, a keyboard or weak eyes would stumble over, found by axe-core.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** No serious and no critical finding on the page as it is now. */
export async function accessible(page, what) {
  await page.evaluate(source)
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  assert.ok(passes.length > 5, `${what}: axe looked at nothing`)
  const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact))
  const words = grave.flatMap((v) => v.nodes.slice(0, 4).map((n) => `${v.impact} ${v.id}: ${n.target.join(' ')}\n    ${n.html.slice(0, 160)}\n    ${(n.failureSummary ?? '').split('\n').slice(1).join(' ').trim()}`))
  assert.equal(words.length, 0, `${what} at ${page.url()}:\n  ${words.join('\n  ')}`)
}
