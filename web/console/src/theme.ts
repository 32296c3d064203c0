import { computed, ref, watchEffect } from 'vue'

export type Theme = 'system' | 'light' | 'dark'

const KEPT = 'daogou.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(system.matches)
system.addEventListener('change', (e) => { systemDark.value = e.matches })

const kept = localStorage.getItem(KEPT)
export const theme = ref<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system')
export const dark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'))

watchEffect(() => {
  localStorage.setItem(KEPT, theme.value)
  document.documentElement.classList.toggle('dark', dark.value)
})
