// The split of docs/books.md §3, for examples and previews. What is booked, the server computes.
import type { components } from '@/api/schema'

type PlanLine = components['schemas']['PlanLineBody']
type InviterRule = components['schemas']['InviterRuleBody']

export const WHOLE_PPM = 1_000_000

/** Toward zero, without a fraction on the way. */
export const partOf = (fen: number, ppm: number): number => Number((BigInt(fen) * BigInt(ppm)) / 1_000_000n)

export interface Shares { direct: number; inviter: number; platform: number }

/** People's parts are cut off to the fen; what remains is the platform's, so that the parts add up. */
export function split(fen: number, directPpm: number, inviterPpm: number): Shares {
  const direct = partOf(fen, directPpm)
  const inviter = partOf(fen, inviterPpm)
  return { direct, inviter, platform: fen - direct - inviter }
}

const inForce = (from: string, until: string | null | undefined, at: number) => Date.parse(from) <= at && (!until || at < Date.parse(until))

/** Lines in force at a moment; of those with one scope and value the latest. */
export function linesAt(lines: PlanLine[], at: number): PlanLine[] {
  const latest = new Map<string, PlanLine>()
  for (const line of lines) {
    if (!inForce(line.from, line.until, at)) continue
    const key = `${line.scope}/${line.scope_value}`
    const other = latest.get(key)
    if (!other || Date.parse(line.from) >= Date.parse(other.from)) latest.set(key, line)
  }
  return [...latest.values()]
}

/** Rules in force at a moment: the latest of every union and the latest of one union; both bound the inviter part. */
export function rulesAt(rules: InviterRule[], at: number, union?: string): InviterRule[] {
  const latest = new Map<string, InviterRule>()
  for (const rule of rules) {
    if (Date.parse(rule.from) > at || (rule.union && union && rule.union !== union)) continue
    const other = latest.get(rule.union ?? '')
    if (!other || Date.parse(rule.from) > Date.parse(other.from)) latest.set(rule.union ?? '', rule)
  }
  return [...latest.values()]
}

/** What the rules leave of an inviter part. */
export function boundedInviter(ppm: number, rules: InviterRule[], at: number, joinedAt?: string): number {
  return rules.reduce((least, rule) => {
    const over = rule.days != null && joinedAt !== undefined && at >= Date.parse(joinedAt) + rule.days * 86_400_000
    return Math.min(least, over ? 0 : rule.at_most_ppm)
  }, ppm)
}

/** A part before it is cut off, in yuan, exactly: 654 fen × 60 % → 3.924 */
export function exactPart(fen: number, ppm: number): string {
  const product = BigInt(fen) * BigInt(ppm)
  const abs = product < 0n ? -product : product
  const after = (abs % 100_000_000n).toString().padStart(8, '0').replace(/0+$/, '')
  return `${product < 0n ? '-' : ''}${abs / 100_000_000n}${after ? `.${after}` : ''}`
}
