// The mini program as operators get it, built for the demo, and packed for the browser.

import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM, server } from '../api.mjs'
import { WEB } from '../demo.mjs'
import { pack } from './pack.mjs'

export function build(out) {
  const app = join(WEB, 'app')
  const ran = spawnSync('npm', ['run', 'build:mp', '--silent', '--', '--program', PROGRAM, '--server', server], { cwd: app, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`the mini program was not built:\n${ran.stdout}\n${ran.stderr}`)
  const folder = join(app, 'dist/mp', PROGRAM)
  const walk = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? walk(join(dir, n)) : [join(dir, n)]))
  const bytes = walk(folder).reduce((sum, f) => sum + statSync(f).size, 0)
  return { folder, bytes, ...pack(folder, out) }
}
