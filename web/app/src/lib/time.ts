// Moments arrive as RFC 3339 in UTC and are shown in the program's zone.

import { theme } from './theme'

interface Parts { year: number; month: number; day: number; hour: number; minute: number }
const EIGHT_HOURS = 8 * 3_600_000
const two = (n: number) => String(n).padStart(2, '0')

function parts(at: number): Parts {
  const zone = theme.timeZone
  // Mini programs on older phones have no Intl; China has one zone without summer time.
  if (zone !== 'Asia/Shanghai' && typeof Intl !== 'undefined') {
    const format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
    })
    const found = Object.fromEntries(format.formatToParts(new Date(at)).map((p) => [p.type, Number(p.value)]))
    return { year: found.year, month: found.month, day: found.day, hour: found.hour, minute: found.minute }
  }
  const d = new Date(at + EIGHT_HOURS)
  return {
    year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate(), hour: d.getUTCHours(), minute: d.getUTCMinutes(),
  }
}

/** iOS knows RFC 3339 with at most three digits of a second. */
const moment = (text: string) => Date.parse(text.replace(/(\.\d{3})\d+/, '$1'))
const date = (p: Parts) => `${p.year}-${two(p.month)}-${two(p.day)}`

/** "今天 14:05", "昨天 09:12", "11月20日 14:05", "2025-11-20 14:05". */
export function when(text: string | null | undefined): string {
  if (!text) return '—'
  const at = moment(text)
  if (Number.isNaN(at)) return '—'
  const p = parts(at), now = parts(Date.now())
  const clock = `${two(p.hour)}:${two(p.minute)}`
  if (date(p) === date(now)) return `今天 ${clock}`
  if (date(p) === date(parts(Date.now() - 86_400_000))) return `昨天 ${clock}`
  return p.year === now.year ? `${p.month}月${p.day}日 ${clock}` : `${date(p)} ${clock}`
}

/** "2026-11-20". */
export function day(text: string | null | undefined): string {
  const at = text ? moment(text) : NaN
  return Number.isNaN(at) ? '—' : date(parts(at))
}

/** "11月20日" of a date `yyyy-mm-dd`. */
export const shortDay = (text: string): string => `${Number(text.slice(5, 7))}/${Number(text.slice(8, 10))}`
