import { computed, reactive, watch } from 'vue'
import { api, of, onSignedOut, setCsrf } from '@/api/client'
import { Refused } from '@/api/problem'
import type { components } from '@/api/schema'

type Grant = components['schemas']['GrantBody']
export type Program = components['schemas']['ProgramBody']

/** As `staff/rights.rs` has them; the server decides, the console only spares people pages that would refuse them. */
export type Right =
  | 'Read' | 'ManagePrograms' | 'ManagePromoters' | 'ManageCatalog' | 'ManageOrders' | 'ReadLedger' | 'ManageStaff' | 'Operate'

export const RIGHTS: Record<string, Right[] | 'all'> = {
  owner: 'all',
  operations: ['Read', 'ManagePromoters', 'ManageCatalog', 'ManageOrders', 'Operate'],
  finance: ['Read', 'ReadLedger', 'ManageOrders'],
  read_only: ['Read'],
}

/** In an address, in the place of a program's code. */
export const ALL = '*'

const KEPT = 'daogou.program'

export const session = reactive({
  /** Whether /me was asked. */
  known: false,
  person: null as { id: string; display_name: string } | null,
  grants: [] as Grant[],
  programs: [] as Program[],
  /** Code of the program that is looked at; null: all of them. Follows the address; a page may keep it, each program gets its own. */
  program: localStorage.getItem(KEPT) || null,
})

watch(() => session.program, (code) => localStorage.setItem(KEPT, code ?? ''))

/** The program that is looked at. */
export const program = computed(() => session.programs.find((p) => p.code === session.program) ?? null)

/** Where days begin on the page that is shown. */
export const zone = computed(() => program.value?.time_zone ?? 'Asia/Shanghai')

/** Staff of all programs: the matrix operator. */
export const everywhere = computed(() => session.grants.some((g) => g.program == null))

/** Whether a right is given in a program, or, with null, in all of them. */
export function may(right: Right, code: string | null): boolean {
  const id = session.programs.find((p) => p.code === code)?.program
  return session.grants.some((grant) => {
    const rights = RIGHTS[grant.role] ?? []
    const fits = grant.program == null || (code !== null && (grant.program === id || grant.program === code))
    return fits && (rights === 'all' || rights.includes(right))
  })
}

/** Whether the right is given in the program that is looked at. */
export const can = (right: Right) => may(right, session.program)

/** Whether the right is given anywhere. */
export const mayAnywhere = (right: Right) =>
  may(right, null) || session.programs.some((p) => may(right, p.code))

export async function loadPrograms() {
  // Promoters without a role are refused; they have no business here, and are told so.
  const list = await of(api.GET('/api/v1/programs')).catch((e: unknown) => {
    if (e instanceof Refused && e.problem.status === 403) return { items: [] }
    throw e
  })
  session.programs = list.items
  const known = session.programs.some((p) => p.code === session.program)
  if (!known) session.program = everywhere.value ? null : (session.programs[0]?.code ?? null)
}

async function enter(who: { person: typeof session.person; grants: Grant[]; csrf?: string | null }) {
  setCsrf(who.csrf)
  session.grants = who.grants
  session.person = who.person
  await loadPrograms()
  session.known = true
}

let asking: Promise<void> | null = null

/** Who is signed in, asked once. */
export function resume(): Promise<void> {
  if (session.known) return Promise.resolve()
  asking ??= ask().finally(() => { asking = null })
  return asking
}

async function ask() {
  try {
    await enter(await of(api.GET('/api/v1/me')))
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== 'session.required') throw e
    session.known = true
  }
}

export async function signIn(name: string, password: string) {
  await enter(await of(api.POST('/api/v1/session', { body: { name, password } })))
}

export async function signOut() {
  // A session that is over already is as good as one ended now.
  await api.DELETE('/api/v1/session').catch((e: unknown) => {
    if (!(e instanceof Refused) || e.code !== 'session.required') throw e
  })
  forget()
}

function forget() {
  session.person = null
  session.grants = []
  setCsrf('')
}

/** Calls `then` when a session ends in the middle of something. */
export function whenSignedOut(then: () => void) {
  onSignedOut(() => {
    const wasIn = session.person !== null
    forget()
    if (wasIn) then()
  })
}
