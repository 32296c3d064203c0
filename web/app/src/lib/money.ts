// Money is whole fen. Nothing here divides into fractions.

/** 12345 → "123.45"; below zero with a minus sign. */
export function yuan(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fen < 0 ? '-' : ''}${whole}.${digits.slice(-2)}`
}

/** For tight places: "59" instead of "59.00", "5.9" never: fen are shown exactly or not at all. */
export const yuanShort = (fen: number): string => yuan(fen).replace(/\.00$/, '')

/** Parts per million → "60%", "12.5%". */
export function percent(ppm: number): string {
  const text = String(ppm).padStart(5, '0')
  const fraction = text.slice(-4).replace(/0+$/, '')
  return `${text.slice(0, -4)}${fraction ? '.' + fraction : ''}%`
}

/** What somebody typed as yuan → fen; null when it is no amount. */
export function fen(text: string): number | null {
  const found = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(text.trim())
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : null
}
