// What a screen reader, a keyboard or weak eyes would stumble over, found by axe-core.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The serious and critical findings on the page as it is now, in words; none is what is wanted. */
export async function findings(page, what) {
  await page.evaluate(source)
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  assert.ok(passes.length > 5, `${what}: axe looked at nothing`)
  const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact))
  return grave.flatMap((v) => v.nodes.slice(0, 4).map((n) => {
    const cure = (n.failureSummary ?? '').split('\n').slice(1).join(' ').trim()
    return `${what}: ${v.impact} ${v.id} at ${n.target.join(' ')}\n      ${n.html.slice(0, 140)}\n      ${cure}`
  }))
}

export const none = (found) => assert.equal(found.length, 0, `axe-core found\n    ${found.join('\n    ')}`)
