// Reading with states that a page can show: first load, more, failed, empty. Answers that come too late are dropped.

import { reactive, watch } from 'vue'
import type { Problem } from '@/api/client'
import { session } from './session'

export interface Loaded<T> {
  data: T | null
  busy: boolean
  problem: Problem | null
  run: () => Promise<void>
}

export function useLoad<T>(ask: () => Promise<T>): Loaded<T> {
  let turn = 0
  const state = reactive({ data: null, busy: false, problem: null, run }) as Loaded<T>
  async function run(): Promise<void> {
    const mine = ++turn
    state.busy = true
    state.problem = null
    try {
      const data = await ask()
      if (mine === turn) state.data = data
    } catch (e) {
      if (mine === turn) state.problem = e as Problem
    } finally {
      if (mine === turn) state.busy = false
    }
  }
  again(() => state.problem, run)
  return state
}

export interface Listed<T> {
  items: T[]
  busy: boolean
  /** The first page has arrived. */
  known: boolean
  end: boolean
  problem: Problem | null
  /** From the first page; what is shown stays until it is here, unless told to clear. */
  first: (clear?: boolean) => Promise<void>
  more: () => Promise<void>
}

export function useList<T>(ask: (after: string | undefined) => Promise<{ items: T[]; next?: string | null }>): Listed<T> {
  let turn = 0
  let next: string | undefined
  const state = reactive({ items: [], busy: false, known: false, end: false, problem: null, first, more }) as Listed<T>

  async function page(after: string | undefined): Promise<void> {
    const mine = ++turn
    state.busy = true
    state.problem = null
    try {
      const found = await ask(after)
      if (mine !== turn) return
      state.items = after ? [...state.items, ...found.items] : found.items
      next = found.next ?? undefined
      state.end = !next
      state.known = true
    } catch (e) {
      if (mine === turn) state.problem = e as Problem
    } finally {
      if (mine === turn) state.busy = false
    }
  }
  async function first(clear = false): Promise<void> {
    if (clear) {
      state.items = []
      state.known = false
      state.end = false
    }
    await page(undefined)
  }
  async function more(): Promise<void> {
    if (state.busy || state.end || !state.known) return
    await page(next)
  }
  again(() => state.problem, () => first())
  return state
}

/** What failed because nobody was signed in is asked again once somebody is. */
function again(problem: () => Problem | null, run: () => Promise<void>): void {
  watch(() => session.epoch, () => {
    if (problem()?.status === 401) void run()
  })
}
