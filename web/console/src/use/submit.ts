import { ref, shallowRef } from 'vue'
import { asRefused, type Refused } from '@/api/problem'
import { fieldWords } from '@/words/problems'

/** One change at a time: a second press while the first runs does nothing. What went wrong stays until the next try. */
export function useSubmit() {
  const busy = ref(false)
  const failure = shallowRef<Refused>()

  async function run<T>(change: () => Promise<T>): Promise<{ done: true; value: T } | { done: false }> {
    if (busy.value) return { done: false }
    busy.value = true
    failure.value = undefined
    try {
      return { done: true, value: await change() }
    } catch (thrown) {
      failure.value = asRefused(thrown)
      return { done: false }
    } finally {
      busy.value = false
    }
  }

  /** For `:error` of a form's item. */
  const wrong = (field: string) => {
    const message = failure.value?.field(field)
    return message ? fieldWords(message) : ''
  }
  return { busy, failure, run, wrong }
}
