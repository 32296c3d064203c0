// Forms that lose nothing: kept in storage while they are filled in, sent once, refused field by field.

import { reactive, watch } from 'vue'
import type { Problem } from '@/api/client'
import { aboutField, sentence } from './problems'

/** Characters as the server counts them. */
export const count = (text: string): number => Array.from(text.trim()).length
export const cut = (text: string, max: number): string => Array.from(text.trim()).slice(0, max).join('')

/** A form whose fields outlive the page. Secrets are left out by name. */
export function useDraft<T extends Record<string, string>>(key: string, fields: T, secrets: (keyof T)[] = []): { form: T; clear: () => void } {
  const name = `draft:${key}`
  const kept = uni.getStorageSync(name) as Partial<T> | ''
  const form = reactive({ ...fields, ...(kept || {}) }) as T
  let keeping = true
  watch(form, () => {
    if (!keeping) return
    const copy: Partial<T> = { ...form }
    for (const secret of secrets) delete copy[secret]
    uni.setStorageSync(name, copy)
  })
  return {
    form,
    clear: () => {
      keeping = false
      uni.removeStorageSync(name)
    },
  }
}

export interface Sending {
  busy: boolean
  /** One sentence above the button. */
  said: string
  /** The problem behind it, for what only a certain refusal needs. */
  code: string
  fields: Record<string, string>
}

export function useSend() {
  const sending = reactive<Sending>({ busy: false, said: '', code: '', fields: {} })
  /** Notes what is wrong before anything is sent; true where something is. Empty words are no complaint. */
  function refuse(fields: Record<string, string>): boolean {
    const wrong = Object.entries(fields).filter(([, words]) => words)
    Object.assign(sending, { said: wrong.length ? sentence({ code: 'request.fields' } as Problem) : '', code: '', fields: Object.fromEntries(wrong) })
    return wrong.length > 0
  }
  /** Once, however often the button is tapped. Resolves to false where it was refused. */
  async function send(work: () => Promise<void>): Promise<boolean> {
    if (sending.busy) return false
    Object.assign(sending, { busy: true, said: '', code: '', fields: {} })
    try {
      await work()
      return true
    } catch (e) {
      const problem = e as Problem
      sending.code = problem.code ?? 'unknown'
      sending.said = problem.code ? sentence(problem) : '没有成功，请再试一次'
      for (const { field, message } of problem.fields ?? []) sending.fields[field] = aboutField(message)
      return false
    } finally {
      sending.busy = false
    }
  }
  return { sending, send, refuse }
}

/** 0 too short, 1 weak, 2 fair, 3 good. */
export function strength(password: string): number {
  if (password.length < 10) return 0
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((k) => k.test(password)).length
  if (new Set(password).size < 5 || /^\d+$/.test(password)) return 1
  return password.length >= 14 || kinds >= 3 ? 3 : 2
}

export const isPhone = (name: string): boolean => /^1[3-9]\d{9}$/.test(name.trim())

/** What `Field` shows while typing is also what holds a form back. */
export const tooLong = (text: string, max: number): string => (count(text) > max ? `最多 ${max} 个字，请改短一点` : '')
