// A scene is a test with a browser in which everything that goes wrong is noticed: an error on the console, an
// exception, a breach of the content policy, a request to somebody else's host.

import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { server, shop } from './api.mjs'

const OUT = fileURLToPath(new URL('../out', import.meta.url))
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-color-profile=srgb',
]
/** Headless Chromium says so in its name, and the click log rightly takes that for a robot. */
const DESK = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const CHAT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.54 Language/zh_CN'
/** Long enough for a machine that has other things to do; only what fails takes it. */
const SECONDS = 30

let browser
export const launch = () => (browser ??= chromium.launch({ executablePath: process.env.DAOGOU_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS }))
after(async () => (await browser)?.close())

const file = basename(process.argv[1] ?? '').replace(/\.test\.mjs$/, '')
let pictures = 0

class Scene {
  #contexts = []
  /** How the faces find out that nobody is signed in; and a server with too much to do draws no pictures for a while. */
  #allowed = [{ status: 401, path: /^\/api\/v1\/me$/ }, { status: 503, path: /^\/pic\/\d+\?/ }]
  trouble = []

  constructor(name) {
    this.name = name
  }

  /**
   * A page in a browser profile of its own.
   * phone: a chat program's browser, else a desk's. width: of the window. shop: may go to the sandbox shop, too.
   */
  async open({ phone = false, width, height, dark = false, scripts = true, shop: toShop = false, motion = false } = {}) {
    const context = await (await launch()).newContext({
      viewport: { width: width ?? (phone ? 390 : 1280), height: height ?? (phone ? 844 : 860) },
      userAgent: phone ? CHAT : DESK,
      isMobile: phone, hasTouch: phone, deviceScaleFactor: phone ? 2 : 1,
      colorScheme: dark ? 'dark' : 'light', javaScriptEnabled: scripts, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
      reducedMotion: motion ? 'no-preference' : 'reduce', acceptDownloads: true,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    context.setDefaultTimeout(SECONDS * 1000)
    this.#contexts.push(context)
    this.#watch(context, toShop ? [server, shop] : [server])
    return context.newPage()
  }

  /** A refusal that the test asks for: browsers write each one on the console. */
  allow(status, path) {
    this.#allowed.push({ status, path })
  }

  #expected(text, url) {
    const path = url.startsWith(server) ? url.slice(server.length) : url
    return this.#allowed.some((a) => (a.status === 'offline' ? /ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(text) : text.includes(`status of ${a.status} `)) && a.path.test(path))
  }

  #watch(context, hosts) {
    const note = (kind, words) => this.trouble.push(`${kind}: ${words}`)
    context.on('console', (message) => {
      if (message.type() !== 'error') return
      const { url } = message.location()
      if (!this.#expected(message.text(), url)) note('console', `${message.text()} (${url})`)
    })
    context.on('weberror', (error) => note('exception', error.error().stack ?? String(error.error())))
    context.on('request', (request) => {
      const url = request.url()
      if (/^(data|blob|about|file):/.test(url)) return
      if (!hosts.includes(new URL(url).origin)) note('foreign host', url)
    })
    // A breach that a script catches is no console message.
    context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (e) => console.error(`content policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))
    })
  }

  /** A picture into out/, numbered as taken. */
  async shot(page, name, options = {}) {
    mkdirSync(OUT, { recursive: true })
    const path = join(OUT, `${file}-${String(++pictures).padStart(2, '0')}-${name}.png`)
    await page.screenshot({ path, animations: 'disabled', ...options })
    return path
  }

  async end(failed) {
    for (const context of this.#contexts) {
      if (failed) for (const page of context.pages()) await this.shot(page, 'FAILED').catch(() => {})
      await context.close().catch(() => {})
    }
  }
}

/** A test in which nothing may go wrong that was not asked for. */
export function scene(name, body) {
  test(name, async (t) => {
    const s = new Scene(name)
    let failed = true
    try {
      await body(s, t)
      failed = false
    } finally {
      await s.end(failed)
      if (failed && s.trouble.length) console.log(`what else went wrong in “${name}”:\n  ${s.trouble.join('\n  ')}`)
    }
    if (s.trouble.length) throw new Error(`something went wrong on the way:\n  ${s.trouble.join('\n  ')}`)
  })
}

export { test, server, shop }
