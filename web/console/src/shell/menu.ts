import type { Right } from '@/session'
import type { Word } from '@/words'

export interface Entry {
  to: string
  title: Word
  /** Path data of a 24-unit icon, drawn with strokes. */
  icon: string
  right: Right
  /** Asked of all programs, as for what stands above programs; else of the one that is looked at, or of any. */
  above?: boolean
  /** Longer addresses that are other entries. */
  exact?: boolean
}

// One line for each page of the menu.
export const MENU: { title: Word; entries: Entry[] }[] = [
  {
    title: 'menu.today',
    entries: [
      { to: '/', title: 'board.title', right: 'Read', exact: true, icon: 'M4 20V10m5.5 10V4M15 20v-7m5 7V8' },
    ],
  },
]
