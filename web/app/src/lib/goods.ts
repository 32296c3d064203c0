// What a list of goods can be asked for.

import { reactive } from 'vue'
import { fen } from './money'

export const BANDS = [
  { key: '', label: '不限' },
  { key: '0-990', label: '9.9 以内' },
  { key: '0-5000', label: '50 以内' },
  { key: '5000-10000', label: '50–100' },
  { key: '10000-30000', label: '100–300' },
  { key: '30000-', label: '300 以上' },
]

export interface Chosen {
  sort: string
  desc: boolean
  coupon: boolean
  selfRun: boolean
  band: string
  from: string
  to: string
  category: string
}

export const chosen = (): Chosen =>
  reactive({ sort: 'seen', desc: true, coupon: false, selfRun: false, band: '', from: '', to: '', category: '' })

const bound = (text: string) => (text ? (fen(text) ?? undefined) : undefined)

export function asked(c: Chosen) {
  const [from, to] = c.band.split('-')
  return {
    sort: c.sort,
    desc: c.desc,
    coupon: c.coupon || undefined,
    self_run: c.selfRun || undefined,
    price_from_fen: bound(c.from) ?? (from ? Number(from) : undefined),
    price_to_fen: bound(c.to) ?? (to ? Number(to) : undefined),
    category: c.category ? Number(c.category) : undefined,
  }
}

export const narrowed = (c: Chosen): number =>
  [c.coupon, c.selfRun, c.band || c.from || c.to, c.category].filter(Boolean).length
