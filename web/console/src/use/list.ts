import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { asRefused, type Refused } from '@/api/problem'
import { dayStart } from '@/format'
import { keysOf, type Filter } from '@/parts/columns'
import { zone } from '@/session'

export type Asked = Record<string, string | number | boolean | undefined>
export interface Page<T> { items: T[]; next?: string | null }

const SIZES = [20, 50, 100]
const KEPT_SIZE = 'daogou.page-size'

/** The list of a page: filters and the place in it stand in the address, so that it can be sent, marked and gone back to. */
export function useList<T>(filters: () => Filter[], load: (asked: Asked) => Promise<Page<T>>, fixed: () => Asked) {
  const route = useRoute()
  const router = useRouter()
  const path = route.path
  const size = ref(SIZES.includes(Number(localStorage.getItem(KEPT_SIZE))) ? Number(localStorage.getItem(KEPT_SIZE)) : 20)
  const items = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  const loading = ref(true)
  const failure = shallowRef<Refused>()
  /** Cursors of the pages before this one. */
  const before = ref<string[]>([])
  let round = 0

  const held = computed(() => {
    const values: Record<string, string> = {}
    for (const key of filters().flatMap(keysOf)) {
      const value = route.query[key]
      if (typeof value === 'string' && value !== '') values[key] = value
    }
    return values
  })
  const after = computed(() => (typeof route.query.after === 'string' ? route.query.after : ''))

  /** As the server is asked, without the place. */
  const asked = computed<Asked>(() => {
    const values: Asked = { ...held.value }
    for (const filter of filters()) {
      if (filter.kind !== 'days') continue
      const isDay = (text?: string) => text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
      const [from, to] = [held.value[filter.from], held.value[filter.to]]
      values[filter.from] = isDay(from) ? dayStart(from!, zone.value) : undefined
      // Up to the end of the last day.
      values[filter.to] = isDay(to) ? dayStart(to!, zone.value, 1) : undefined
    }
    return { ...values, ...fixed() }
  })

  async function reload() {
    const mine = ++round
    loading.value = true
    try {
      const page = await load({ ...asked.value, limit: size.value, after: after.value || undefined })
      if (mine !== round) return
      items.value = page.items
      next.value = page.next ?? null
      failure.value = undefined
    } catch (thrown) {
      if (mine === round) failure.value = asRefused(thrown)
    } finally {
      if (mine === round) loading.value = false
    }
  }

  const go = (query: Record<string, string | undefined>) => router.push({ query: { ...route.query, ...query } })

  function setFilters(values: Record<string, string | undefined>) {
    before.value = []
    return go({ ...values, after: undefined })
  }
  const clear = () => setFilters(Object.fromEntries(filters().flatMap(keysOf).map((key) => [key, undefined])))
  function forward() {
    if (!next.value) return
    before.value.push(after.value)
    void go({ after: next.value })
  }
  /** To the page before; to the first where nobody knows the one before, as after a reload. */
  const back = () => void go({ after: before.value.pop() || undefined })

  watch(size, (now) => {
    localStorage.setItem(KEPT_SIZE, String(now))
    before.value = []
    if (after.value) void go({ after: undefined })
    else void reload()
  })
  watch([() => JSON.stringify(asked.value), after], () => {
    // The address is already that of another page that is about to take this one's place.
    if (route.path !== path) return
    // The browser's own way back.
    const place = before.value.lastIndexOf(after.value)
    if (place >= 0) before.value.length = place
    void reload()
  }, { immediate: true })

  return { items, next, loading, failure, held, asked, after, before, size, sizes: SIZES, reload, setFilters, clear, forward, back }
}
