// Sharing one product: a link per community, made once, and what the mini program's card carries.

import { reactive } from 'vue'
import { post, type Schema } from '@/api/client'
import { picture } from './program'
import { theme } from './theme'

export type Shared = Schema['Shared']
const made = new Map<string, Shared>()
/** Union links grow old: after so long one is made anew. */
const KEEPS = 10 * 60_000
const madeAt = new Map<string, number>()

export const card = reactive({ title: '', path: '', imageUrl: '' })

/** `community`: an id, `none`, or `self` for buying oneself. */
export async function share(product: string, community: string): Promise<Shared> {
  const key = `${product}/${community}`
  const known = made.get(key)
  if (known && Date.now() - (madeAt.get(key) ?? 0) < KEEPS) return known
  const self = community === 'self'
  const body = { product, self_purchase: self, community: self || community === 'none' ? undefined : community }
  const link = await post('/programs/{program}/links', { body })
  made.set(key, link)
  madeAt.set(key, Date.now())
  return link
}

export function carry(code: string, product: string, title: string): void {
  card.title = title
  card.path = `/pages/item/index?c=${code}`
  card.imageUrl = picture(product, 400)
}

export const message = () => ({
  title: card.title || theme.name,
  path: card.path || '/pages/feed/index',
  imageUrl: card.imageUrl || undefined,
})

export const forgetLinks = (): void => {
  made.clear()
  madeAt.clear()
}
