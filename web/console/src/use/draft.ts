import { computed, watch, type Ref } from 'vue'

/**
 * Keeps what is typed into a form in this tab, so that the end of a session or a reload loses nothing.
 * `forget` it when the form was sent or given up. Passwords never belong into one.
 */
export function useDraft<T extends object>(name: string, form: T) {
  const key = `daogou.draft.${name}`
  let found = false
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    if (kept && typeof kept === 'object') {
      for (const field of Object.keys(form)) if (field in kept) (form as Record<string, unknown>)[field] = (kept as Record<string, unknown>)[field]
      found = true
    }
  } catch {
    sessionStorage.removeItem(key)
  }
  watch(form, (now) => sessionStorage.setItem(key, JSON.stringify(now)), { deep: true, flush: 'sync' })
  const forget = () => sessionStorage.removeItem(key)
  return { found, forget }
}

export const hasDraft = (name: string) => sessionStorage.getItem(`daogou.draft.${name}`) !== null

/** Whether a dialog is open, such that closing it, sent or given up, forgets its draft; the end of a session closes nothing. */
export const closing = (shown: Ref<boolean>, forget: () => void) =>
  computed({
    get: () => shown.value,
    set: (is) => {
      if (!is) forget()
      shown.value = is
    },
  })
