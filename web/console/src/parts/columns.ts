import type { Word } from '@/words'

/** A column of a list. Its cell is the slot `cell-<key>`, or the row's field of that name as text. */
export interface Column {
  key: string
  title: Word
  /** Amounts and counts stand to the right. */
  right?: boolean
  /** Smallest width, as CSS; text in such a column may take several lines, elsewhere it is cut off with an ellipsis. */
  width?: string
  /** Not shown until chosen. */
  spare?: boolean
  /** Cannot be hidden; stays in place when a wide table is moved. */
  fixed?: boolean
}

/** A filter of a list. What it holds stands in the address under `key` (for `days`, `money`: under `from` and `to`). */
export type Filter =
  | { kind: 'text'; key: string; title: Word; width?: string; max?: number }
  | { kind: 'choice'; key: string; title: Word; options: { value: string; title: string }[]; width?: string }
  | { kind: 'flag'; key: string; title: Word }
  /** Found by name; the address holds the id. */
  | { kind: 'promoter'; key: string; title: Word }
  | { kind: 'money'; from: string; to: string; title: Word }
  | { kind: 'rate'; key: string; title: Word }
  /** Days of the program's zone in the address; the server is sent their moments. */
  | { kind: 'days'; from: string; to: string; title: Word }

export const keysOf = (filter: Filter): string[] => ('key' in filter ? [filter.key] : [filter.from, filter.to])
