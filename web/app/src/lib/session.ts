// Who is here. On H5 a cookie that scripts cannot read, on the mini program a token.

import { reactive } from 'vue'
import { Problem, auth, del, get, hooks, type Schema } from '@/api/client'
import { toast } from './ui'

type Promoter = Schema['PromoterBody']
const TOKEN = 'session:token'
/** Other tabs notice a change of this: who is signed in, or nobody. */
const WHO = 'session:who'

export const session = reactive({
  /** `guest` also where the session is over. */
  state: 'unknown' as 'unknown' | 'guest' | 'person',
  /** The server could not be asked who this is. */
  problem: null as Problem | null,
  person: null as Schema['PersonBody'] | null,
  /** In this program; null for a person who has not joined. */
  promoter: null as Promoter | null,
  /** Counts sign-ins: pages that failed for want of a session load again. */
  epoch: 0,
})

// Before anything is asked: a page may ask for its data before it asks who is here.
auth.token = uni.getStorageSync(TOKEN) || ''

let asking: Promise<void> | null = null
let leaving = false

function forget(): void {
  auth.csrf = ''
  auth.token = ''
  uni.removeStorageSync(TOKEN)
  session.state = 'guest'
  session.person = null
  session.promoter = null
}

async function own(): Promise<void> {
  try {
    session.promoter = await get('/programs/{program}/promoters/me')
  } catch (e) {
    const { code } = e as Problem
    if (code !== 'promoters.unknown' && code !== 'programs.unknown') throw e
    session.promoter = null
  }
}

/** Whether somebody is signed in, asked once. */
export function ready(): Promise<void> {
  if (session.state !== 'unknown') return Promise.resolve()
  asking ??= ask().finally(() => (asking = null))
  return asking
}

async function ask(): Promise<void> {
  session.problem = null
  // #ifndef H5
  if (!auth.token) return forget()
  // #endif
  try {
    const me = await get('/me')
    auth.csrf = me.csrf ?? ''
    session.person = me.person
    await own()
    session.state = 'person'
    uni.setStorageSync(WHO, me.person.id)
  } catch (e) {
    const problem = e as Problem
    if (problem.status === 401) forget()
    else session.problem = problem
  }
}

/** After signing in or joining. */
export async function begin(opened: { csrf?: string | null; session_token?: string | null; person?: Schema['PersonBody'] | string }): Promise<void> {
  auth.csrf = opened.csrf ?? ''
  auth.token = opened.session_token ?? ''
  if (auth.token) uni.setStorageSync(TOKEN, auth.token)
  session.person = typeof opened.person === 'object' ? opened.person : (await get('/me')).person
  uni.setStorageSync(WHO, session.person.id)
  await own()
  session.state = 'person'
  session.epoch++
}

/** What changed about the promoter: rules read, joined, suspended. */
export const refresh = (): Promise<void> => own()

export async function signOut(): Promise<void> {
  try {
    await del('/session')
  } catch (e) {
    // A session that is over already is what was wanted.
    if ((e as Problem).status !== 401) throw e
  }
  forget()
  uni.setStorageSync(WHO, '')
  enter()
}

const here = () => getCurrentPages().slice(-1)[0]?.route ?? ''

/** To the way in: in place of everything where nothing can be lost, else on top, so that a form stays as it is. */
export function enter(): void {
  if (leaving || here() === 'pages/signin/index') return
  leaving = true
  const done = () => setTimeout(() => (leaving = false), 400)
  const keeps = getCurrentPages().length > 0 && !TABS.includes(here())
  if (keeps) uni.navigateTo({ url: '/pages/signin/index', complete: done })
  else uni.reLaunch({ url: `/pages/signin/index?back=${encodeURIComponent('/' + (here() || TABS[0]))}`, complete: done })
}
export const TABS = ['pages/feed/index', 'pages/earnings/index', 'pages/team/index', 'pages/me/index']

/** For promoters' pages: true when somebody who has joined is here; else the way in is shown. */
export async function member(): Promise<boolean> {
  await ready()
  if (session.problem) return false
  if (session.state === 'guest') enter()
  else if (!session.promoter) uni.reLaunch({ url: '/pages/join/index' })
  return !!session.promoter
}

hooks.expired = () => {
  const was = session.state === 'person'
  forget()
  if (!was) return
  toast('登录已过期，请重新登录；填好的内容还在')
  enter()
}

hooks.renew = async () => {
  const was = session.person?.id
  try {
    const me = await get('/me')
    auth.csrf = me.csrf ?? ''
    if (me.person.id === was) return true
    changed()
  } catch {
    // Told by the call that failed.
  }
  return false
}

/** Another tab signed in as somebody else: nothing of the first person may stay on the screen. */
function changed(): void {
  session.state = 'unknown'
  session.person = null
  session.promoter = null
  toast('另一个标签页换了账号，已为你切换')
  uni.reLaunch({ url: '/pages/feed/index' })
}

// #ifdef H5
addEventListener('storage', (e) => {
  if (e.key !== WHO || session.state !== 'person') return
  // uni wraps what it stores as JSON: {"type":"string","data":"…"}.
  const now = e.newValue ? ((JSON.parse(e.newValue) as { data?: string }).data ?? e.newValue) : ''
  if (!now) {
    forget()
    toast('已在另一个标签页退出')
    enter()
  } else if (now !== session.person?.id) {
    changed()
  }
})
// #endif

