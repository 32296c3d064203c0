import { watchEffect } from 'vue'
import { t } from '@/words'

/** The name of the thing that a page is about, in the browser's tab. */
export function useTitle(name: () => string | undefined) {
  // After the shell's own, which follows the route.
  watchEffect(() => {
    const text = name()
    if (text) document.title = `${text} · ${t('console.name')}`
  }, { flush: 'post' })
}
