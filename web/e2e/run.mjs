// node run.mjs [--full] [--keep] [part of a file's name…]
//
// Starts one demo, runs the tests against it, ends it. --full also takes pictures of every page. --keep leaves the
// demo serving until Ctrl-C and runs nothing: DAOGOU_E2E=<folder>,<server>,<shop> then makes runs use it.

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missing, start } from './harness/demo.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const out = join(here, 'out')
const asked = process.argv.slice(2)
const full = asked.includes('--full')
const parts = asked.filter((a) => !a.startsWith('--'))

const { why, binary } = missing()
if (why) {
  console.error(`e2e: ${why}`)
  process.exit(2)
}

const began = Date.now()
const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
let demo
let testing
let stopped = false
async function stop(code) {
  if (stopped) return
  stopped = true
  testing?.kill('SIGTERM')
  await demo?.stop()
  process.exit(code)
}
process.on('SIGINT', () => void stop(130))
process.on('SIGTERM', () => void stop(143))

try {
  let where = process.env.DAOGOU_E2E
  if (!where) {
    console.log('e2e: the demo plays its first days …')
    demo = await start(binary)
    where = [demo.dir, demo.server, demo.shop].join(',')
    console.log(`e2e: the demo serves at ${demo.server} (${seconds()})`)
  }
  if (asked.includes('--keep')) {
    console.log(`DAOGOU_E2E=${where}`)
  } else {
    const folders = full ? ['tests', 'full'] : ['tests']
    const files = folders
      .flatMap((folder) => readdirSync(join(here, folder)).filter((f) => f.endsWith('.test.mjs')).sort().map((f) => `${folder}/${f}`))
      .filter((file) => !parts.length || parts.some((part) => file.includes(part)))
    if (!files.length) throw new Error(`no test file has ${parts.join(' or ')} in its name`)
    if (!parts.length) rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    testing = spawn(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=2', ...files], {
      cwd: here,
      env: { ...process.env, DAOGOU_E2E: where, DAOGOU_E2E_BIN: binary },
      stdio: 'inherit',
    })
    const code = await new Promise((ok) => testing.on('close', (c) => ok(c ?? 1)))
    console.log(code === 0 ? `e2e: all passed in ${seconds()}; pictures in web/e2e/out` : `e2e: FAILED after ${seconds()}; pictures in web/e2e/out`)
    await stop(code === 0 ? 0 : 1)
  }
} catch (error) {
  console.error(`e2e: ${error.message}`)
  await stop(1)
}
