// Amounts are whole fen from the server to the screen: integer arithmetic and text, never a fraction.
import { lang } from '@/words'

const grouped = (whole: number | string) => String(whole).replace(/\B(?=(\d{3})+$)/g, ',')

/** 123456 → ¥1,234.56, -5 → -¥0.05 */
export function yuan(fen: number): string {
  const abs = Math.abs(fen)
  const rest = abs % 100
  return `${fen < 0 ? '-' : ''}¥${grouped((abs - rest) / 100)}.${String(rest).padStart(2, '0')}`
}

/** For axes, where there is no room: whole yuan, 万 and 亿 (or K and M), cut off, never rounded up. */
export function yuanShort(fen: number): string {
  const abs = Math.abs(fen)
  const whole = (abs - (abs % 100)) / 100
  const units: [number, string][] = lang.value === 'zh' ? [[100_000_000, '亿'], [10_000, '万']] : [[1_000_000, 'M'], [1_000, 'K']]
  const sign = fen < 0 ? '-' : ''
  for (const [size, unit] of units) {
    if (whole >= size) {
      const tenths = (whole - (whole % (size / 10))) / (size / 10)
      const after = tenths % 10
      return `${sign}¥${(tenths - after) / 10}${after ? `.${after}` : ''}${unit}`
    }
  }
  return `${sign}¥${grouped(whole)}`
}

/** 12.34, 1,234 or ¥5 → fen; null where it is no amount. */
export function fenOf(text: string): number | null {
  const found = /^\s*¥?\s*(-?)(\d{1,3}(?:,\d{3})+|\d{1,13})(?:\.(\d{1,2}))?\s*$/.exec(text)
  if (!found) return null
  const fen = Number(found[2]!.replaceAll(',', '')) * 100 + Number((found[3] ?? '').padEnd(2, '0'))
  return found[1] ? -fen : fen
}

/** Fen as it is typed: 1234.56 */
export const typedYuan = (fen: number) => yuan(fen).replace('¥', '').replaceAll(',', '')

/** 600000 → 60%, 31500 → 3.15% */
export function percent(ppm: number): string {
  const abs = Math.abs(ppm)
  const rest = abs % 10_000
  const after = String(rest).padStart(4, '0').replace(/0+$/, '')
  return `${ppm < 0 ? '-' : ''}${grouped((abs - rest) / 10_000)}${after ? `.${after}` : ''}%`
}

/** 3.15 or 3.15% → 31500 ppm; null where it is no rate. */
export function ppmOf(text: string): number | null {
  const found = /^\s*(\d{1,3})(?:\.(\d{1,4}))?\s*%?\s*$/.exec(text)
  return found ? Number(found[1]) * 10_000 + Number((found[2] ?? '').padEnd(4, '0')) : null
}

export const count = (n: number) => (n < 0 ? `-${grouped(-n)}` : grouped(n))

/** How much of `whole` a part is, to the nearest tenth of a percent: 12.3% */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '—'
  const permille = Math.floor((part * 2000 + whole) / (whole * 2))
  const after = permille % 10
  return `${(permille - after) / 10}.${Math.abs(after)}%`
}

const formats = new Map<string, Intl.DateTimeFormat>()
function format(zone: string, what: 'time' | 'minute' | 'day' | 'parts') {
  const key = `${zone}/${what}/${lang.value}`
  let found = formats.get(key)
  if (!found) {
    const options: Intl.DateTimeFormatOptions =
      what === 'day' ? { year: 'numeric', month: '2-digit', day: '2-digit' }
      : what === 'minute' ? { hour: '2-digit', minute: '2-digit' }
      : { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }
    // Swedish writes 2026-11-24 23:05:00, which everybody reads.
    found = new Intl.DateTimeFormat('sv-SE', { ...options, hourCycle: 'h23', timeZone: zone })
    formats.set(key, found)
  }
  return found
}

/** 2026-11-24 23:05:00 in a zone. */
export const time = (at: string, zone: string) => format(zone, 'time').format(new Date(at))
export const minute = (at: string, zone: string) => format(zone, 'minute').format(new Date(at))
export const day = (at: string | Date, zone: string) => format(zone, 'day').format(new Date(at))

/** When a day begins in a zone, as RFC 3339. `2026-11-24` → `2026-11-23T16:00:00.000Z` in China. */
export const dayStart = (date: string, zone: string, plusDays = 0) => moment(`${date} 00:00:00`, zone, plusDays)

/** When a clock of a zone shows `2026-11-24 08:30:00`, as RFC 3339. */
export function moment(clock: string, zone: string, plusDays = 0): string {
  const wanted = Date.parse(`${clock.replace(' ', 'T')}Z`) + plusDays * 86_400_000
  // What a clock of the zone shows, read as UTC, differs from UTC by the zone's offset. Twice, for the days of a change.
  const shown = (at: number) => Date.parse(`${time(new Date(at).toISOString(), zone).replace(' ', 'T')}Z`)
  let at = wanted
  for (let i = 0; i < 2; i += 1) at += wanted - shown(at)
  return new Date(at).toISOString()
}

/** How long ago, in the largest unit. */
export function ago(at: string, now = Date.now()): { n: number; unit: 'second' | 'minute' | 'hour' | 'day' } {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000))
  if (seconds < 60) return { n: seconds, unit: 'second' }
  if (seconds < 3600) return { n: Math.floor(seconds / 60), unit: 'minute' }
  if (seconds < 86_400) return { n: Math.floor(seconds / 3600), unit: 'hour' }
  return { n: Math.floor(seconds / 86_400), unit: 'day' }
}
