// The top categories among goods seen so far: there to be chosen from, remembered from visit to visit.

import { computed, reactive } from 'vue'
import type { Product } from '@/api/client'
import { programCode } from './program'

const KEY = `categories:${programCode}`
const known = reactive<Record<string, { name: string; seen: number }>>(uni.getStorageSync(KEY) || {})

export function notice(products: Product[]): void {
  let changed = false
  for (const p of products) {
    const id = p.categories[0], name = p.category_name.split('/')[0]
    // Two names above an id, or none: the union left something out, so they may not belong together.
    if (!id || !name) continue
    if (!known[id]) changed = true
    known[id] = { name, seen: (known[id]?.seen ?? 0) + 1 }
  }
  if (changed) uni.setStorageSync(KEY, { ...known })
}

export const categories = computed(() =>
  Object.entries(known).sort(([, a], [, b]) => b.seen - a.seen).slice(0, 16).map(([key, { name }]) => ({ key, label: name.split('/')[0] })),
)
