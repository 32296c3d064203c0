import { computed, ref, type Ref } from 'vue'

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/**
 * Changes of one person put together with those that somebody else was faster with. `base` is what was loaded, `now`
 * what the form holds. Fields that only the others changed become theirs; those that both changed stay ours, and
 * `theirs` has what the others made of them.
 */
export function useMerge<T extends object>(form: { version: number; base: T; now: T }) {
  const theirs = ref({}) as Ref<Partial<T>>
  const merged = ref(false)
  const dirty = computed(() => (Object.keys(form.now) as (keyof T)[]).filter((key) => !same(form.now[key], form.base[key])))

  function rebase(fresh: T, version: number) {
    const both: Partial<T> = {}
    const mine = new Set(dirty.value)
    for (const key of Object.keys(fresh) as (keyof T)[]) {
      if (!mine.has(key)) form.now[key] = fresh[key]
      else if (!same(fresh[key], form.base[key]) && !same(fresh[key], form.now[key])) both[key] = fresh[key]
    }
    merged.value = version !== form.version && mine.size > 0
    form.base = fresh
    form.version = version
    theirs.value = both
  }
  /** Nothing of ours is left: after sending, or when it was given up. */
  function settle(fresh: T, version: number) {
    form.base = fresh
    form.now = JSON.parse(JSON.stringify(fresh)) as T
    form.version = version
    theirs.value = {}
    merged.value = false
  }
  return { dirty, theirs, merged, rebase, settle }
}
