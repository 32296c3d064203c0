import { onScopeDispose, ref, shallowRef, watch, type WatchSource } from 'vue'
import { asRefused, type Refused } from '@/api/problem'

/**
 * What a page shows: loads at once and whenever `sources` change, keeps what was there while it loads anew,
 * and drops answers that came too late. With `every`, again after so many seconds while the tab is visible.
 */
export function useLoading<T>(load: () => Promise<T>, sources: WatchSource[] = [], every = 0) {
  const data = shallowRef<T>()
  const failure = shallowRef<Refused>()
  const loading = ref(false)
  let round = 0

  async function again() {
    const mine = ++round
    loading.value = true
    try {
      const loaded = await load()
      if (mine !== round) return
      data.value = loaded
      failure.value = undefined
    } catch (thrown) {
      if (mine === round) failure.value = asRefused(thrown)
    } finally {
      if (mine === round) loading.value = false
    }
  }

  watch(sources, () => {
    // Of something else: what is shown is not its.
    data.value = undefined
    void again()
  })
  void again()

  if (every > 0) {
    let last = Date.now()
    const tick = () => {
      if (document.hidden || loading.value || Date.now() - last < every * 1000) return
      last = Date.now()
      void again()
    }
    const timer = setInterval(tick, 1000)
    document.addEventListener('visibilitychange', tick)
    onScopeDispose(() => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    })
  }
  onScopeDispose(() => { round += 1 })
  return { data, failure, loading, again }
}
