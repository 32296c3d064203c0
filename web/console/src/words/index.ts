import { ref, shallowRef } from 'vue'
import { zh } from './zh'

export type Word = keyof typeof zh
export type Words = Record<Word, string>
export type Lang = 'zh' | 'en'

const KEPT = 'daogou.lang'

export const lang = ref<Lang>('zh')
const words = shallowRef<Words>(zh)

/** The words of a key, with `{n}` and the like filled in. */
export function t(key: Word, values?: Record<string, string | number>): string {
  const text = words.value[key]
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)) : text
}

/** The words of a key that was made from data, such as a state: the data itself where nobody has written them. */
export const tOr = (key: string, otherwise: string) => (words.value as Record<string, string>)[key] ?? otherwise

export async function speak(to: Lang) {
  // English is a chunk of its own: most never need it.
  words.value = to === 'en' ? (await import('./en')).en : zh
  lang.value = to
  localStorage.setItem(KEPT, to)
  document.documentElement.lang = to === 'en' ? 'en' : 'zh-CN'
}

export const keptLang = (): Lang => (localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh')
