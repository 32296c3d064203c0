// The API as a script uses it: what a test needs to be there before a browser looks at it.

import { randomBytes } from 'node:crypto'
import { signIns } from './demo.mjs'

const [dir, server, shop] = (process.env.DAOGOU_E2E ?? '').split(',')
if (!shop) throw new Error('run these tests through `make e2e` (or `node run.mjs`): they need its demo')
export { dir, server, shop }
export const signs = signIns(dir)
export const PROGRAM = 'fenxiang'

export const unique = (bytes = 4) => randomBytes(bytes).toString('hex')

export class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem?.code}: ${problem?.detail ?? JSON.stringify(problem)}`)
    Object.assign(this, { status, code: problem?.code, problem })
  }
}

/** Somebody at the API, signed in or not. */
export class Person {
  #cookie = ''
  #csrf = ''

  async call(method, path, body) {
    const headers = {}
    if (this.#cookie) Object.assign(headers, { cookie: this.#cookie, 'x-csrf-token': this.#csrf })
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(`${server}/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : null
    if (!response.ok) throw new Refused(response.status, json)
    const cookies = response.headers.getSetCookie().map((c) => c.split(';')[0])
    if (cookies.length) this.#cookie = cookies.join('; ')
    if (json?.csrf) this.#csrf = json.csrf
    return json ?? text
  }

  get = (path) => this.call('GET', path)
  post = (path, body = {}) => this.call('POST', path, body)
  patch = (path, body) => this.call('PATCH', path, body)
}

/** Signed in already where a name is given. */
export async function person(sign) {
  const somebody = new Person()
  if (sign) await somebody.post('/session', { name: sign.name, password: sign.password })
  return somebody
}

let signedIn
export const owner = () => (signedIn ??= person(signs.owner))

/** An invite code of the platform's own: whoever joins with it has no inviter. */
export async function inviteCode(more = {}, program = PROGRAM) {
  return (await (await owner()).post(`/programs/${program}/invite-codes`, { owner: true, ...more })).code
}

let phones = Math.floor(Math.random() * 9e7)
/** What somebody new would type. Every test has people of its own, so that the order of tests is of no account. */
export const newcomer = (nickname = `小${unique(2)}`) => ({
  nickname,
  name: `139${String(10_000_000 + (phones++ % 9e7)).padStart(8, '0')}`,
  password: `pass-${unique(6)}`,
})

/** A promoter who has joined, through the API. `inviter`: another promoter's invite code. */
export async function promoter({ nickname, code, program = PROGRAM } = {}) {
  const who = newcomer(nickname)
  const api = new Person()
  const rules = (await api.get(`/public/programs/${program}`)).rules
  const joined = await api.post(`/programs/${program}/join`, {
    name: who.name, password: who.password, display_name: who.nickname,
    invite_code: code ?? (await inviteCode({}, program)), rules_version: rules?.version,
  })
  return { ...who, api, id: joined.promoter, program }
}

/** Products with a commission and a coupon that the shop has in stock just now. The union does not always say. */
export async function goods(many = 2) {
  const { items } = await (await owner()).get(`/programs/${PROGRAM}/products?limit=40&sort=seen&rate_from_ppm=10000&price_from_fen=1000&coupon=true`)
  // Looked at through links of somebody whose clicks are nobody's business.
  lookout ??= promoter({ nickname: '看店的' })
  const { api } = await lookout
  const found = []
  for (const product of items) {
    const link = await api.post(`/programs/${PROGRAM}/links`, { product: product.product })
    const page = await fetch(link.url, { headers: { 'user-agent': 'Mozilla/5.0 (Linux; Android 15) Chrome/140.0.0.0 Mobile Safari/537.36' } })
    if ((await page.text()).includes('立即购买')) found.push(product)
    if (found.length === many) return found
  }
  throw new Error('the shop has nothing in stock')
}
let lookout

/** One call of the sandbox shop's control paths. */
export async function sandbox(path, body) {
  const options = body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}
  const response = await fetch(`${shop}/sandbox/${path}`, options)
  const answer = await response.json()
  if (!response.ok) throw new Error(`sandbox/${path}: ${response.status} ${JSON.stringify(answer)}`)
  return answer
}

/** Asks until the answer is there; orders are pulled every ten seconds. */
export async function until(what, ask, seconds = 40) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await ask()
    if (found) return found
    if (Date.now() > end) throw new Error(`still not there after ${seconds} seconds: ${what}`)
    await new Promise((ok) => setTimeout(ok, 500))
  }
}
