// Name, colours and logo of the program, as CSS variables. Cached, so the second start is right at once.

import { computed, reactive } from 'vue'
import { get } from '@/api/client'
import type { Schema } from '@/api/client'
import { programCode } from './program'

type PublicProgram = Schema['PublicProgram']
const KEY = `theme:${programCode}`
const FALLBACK = '#e1251b'

export const theme = reactive({
  loaded: false,
  missing: false,
  name: __COMPILED__.name,
  audience: '',
  admission: 'invite',
  state: 'live',
  colour: __COMPILED__.colour || FALLBACK,
  accent: '',
  logo: '',
  timeZone: 'Asia/Shanghai',
  communityLimit: 10,
  rules: null as { version: number; text: string } | null,
})

type Rgb = [number, number, number]

function rgb(hex: string): Rgb | null {
  const found = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(hex.trim())
  if (!found) return null
  const full = found[1].length === 3 ? found[1].replace(/./g, '$&$&') : found[1]
  return [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16)) as Rgb
}
const hex = (c: Rgb) => '#' + c.map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')
const mix = (a: Rgb, b: Rgb, part: number) => a.map((v, i) => v + (b[i] - v) * part) as Rgb

/** WCAG 2 relative luminance and contrast. */
function luminance(c: Rgb): number {
  const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const WHITE: Rgb = [255, 255, 255], DARK: Rgb = [29, 33, 41]
/** Text on a coloured ground: white as long as it can be read, else dark. */
const on = (c: Rgb) => (contrast(c, WHITE) >= 3.6 ? WHITE : DARK)

/** The colour itself as text on white, darkened until it can be read. */
function ink(c: Rgb): Rgb {
  let now = c
  for (let i = 0; i < 20 && contrast(now, WHITE) < 4.6; i++) now = mix(now, [0, 0, 0], 0.08)
  return now
}

export const vars = computed(() => {
  const brand = rgb(theme.colour) ?? (rgb(FALLBACK) as Rgb)
  const accent = rgb(theme.accent) ?? mix(brand, [255, 138, 48], 0.55)
  return {
    brand: hex(brand), onBrand: hex(on(brand)), ink: hex(ink(brand)), soft: hex(mix(brand, WHITE, 0.92)),
    softer: hex(mix(brand, WHITE, 0.84)), deep: hex(mix(brand, [40, 0, 20], 0.22)), accent: hex(accent), onAccent: hex(on(accent)),
  }
})

/** For the root view of every page. */
export const style = computed(() => {
  const v = vars.value
  return `--brand:${v.brand};--on-brand:${v.onBrand};--brand-ink:${v.ink};--brand-soft:${v.soft};--brand-softer:${v.softer};`
    + `--brand-deep:${v.deep};--accent:${v.accent};--on-accent:${v.onAccent}`
})

function take(p: PublicProgram): void {
  theme.loaded = true
  theme.missing = false
  theme.name = p.name
  theme.audience = p.audience.split(' · ')[0]
  theme.admission = p.admission
  theme.state = p.state
  theme.colour = p.theme_colour
  theme.accent = p.theme_accent
  theme.logo = p.logo.startsWith('data:image/') ? p.logo : ''
  theme.timeZone = p.time_zone
  theme.communityLimit = p.community_limit
  theme.rules = p.rules ?? null
}

export async function loadTheme(): Promise<void> {
  const known = uni.getStorageSync(KEY) as PublicProgram | ''
  if (known) take(known)
  try {
    const fresh = await get('/public/programs/{program}')
    take(fresh)
    uni.setStorageSync(KEY, fresh)
  } catch (problem) {
    // The cached look stays; only a program that does not exist is worth saying.
    if ((problem as { code?: string }).code === 'programs.unknown') theme.missing = true
  }
}
