// A demo of one's own: server, sandbox shop and database in a folder under /tmp, gone with the run.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const WEB = fileURLToPath(new URL('../..', import.meta.url))
/** Days that the demo plays: enough for a board with a past. */
const DAYS = 3
const READY_SECONDS = 240
const STOP_SECONDS = 10

/** What must be there before anything starts; the sentence says what to do. */
export function missing() {
  const binary = resolve(process.env.DAOGOU_BIN ?? join(WEB, '../target/debug/daogou'))
  if (!existsSync(binary)) return { why: `${binary} is not there: run \`cargo build -p daogou-server\`, or name the program in DAOGOU_BIN` }
  for (const page of ['console/dist/index.html', 'app/dist/build/h5/index.html']) {
    if (!existsSync(join(WEB, page))) return { why: `web/${page} is not there: run \`make web\`` }
  }
  return { binary }
}

export function freePort() {
  return new Promise((ok, no) => {
    const server = createServer()
    server.on('error', no)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => ok(port))
    })
  })
}

/** Starts one and waits until it serves. `stop` ends it and removes its folder. */
export async function start(binary) {
  const dir = mkdtempSync(join(tmpdir(), 'daogou-e2e-'))
  const [port, shopPort] = process.env.DAOGOU_E2E_PORT
    ? [Number(process.env.DAOGOU_E2E_PORT), Number(process.env.DAOGOU_E2E_PORT) + 1]
    : [await freePort(), await freePort()]
  // The program refuses a DAOGOU_… that it does not know, and ours are for the tests.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DAOGOU_')))
  const asked = ['--json', 'demo', '--dir', dir, '--port', port, '--sandbox-port', shopPort, '--days', DAYS, '--still']
  const child = spawn(binary, asked.map(String), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  const ended = new Promise((ok) => child.on('close', (code, signal) => ok(code ?? signal)))
  const stop = async () => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000)
    await ended
    clearTimeout(late)
    rmSync(dir, { recursive: true, force: true })
  }
  let late
  const ready = new Promise((ok, no) => {
    late = setTimeout(() => no(new Error(`the demo was not ready after ${READY_SECONDS} seconds`)), READY_SECONDS * 1000)
    const hear = (line) => {
      said.push(line)
      if (said.length > 200) said.shift()
      try {
        const told = JSON.parse(line)
        if (told.done && told.address) ok(told)
      } catch {
        // Words for people.
      }
    }
    createInterface({ input: child.stdout }).on('line', hear)
    createInterface({ input: child.stderr }).on('line', hear)
    ended.then((code) => no(new Error(`the demo ended (${code})`)))
  })
  try {
    const { address, shop } = await ready
    return { dir, server: address, shop, binary, stop, said }
  } catch (error) {
    await stop()
    throw new Error(`${error.message}; its last words:\n${said.slice(-15).join('\n')}`)
  } finally {
    clearTimeout(late)
  }
}

/** Sign-in names and passwords that the demo made. */
export const signIns = (dir) => JSON.parse(readFileSync(join(dir, 'sign-ins.json'), 'utf8'))
