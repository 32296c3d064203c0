// What the server's document does not say, or says too loosely; the rest is `npm run api`.
import type { components, paths } from './schema'

type S = components['schemas']

export type OrderRow = S['OrderBody']
export type ProgramRow = S['ProgramBody']
export type ProgramChange = S['ProgramChange']
export type JobRow = S['JobBody']
export type Health = S['HealthBody']
export type UnionHealth = S['AccountHealth']
export type InboxItem = S['ItemBody']
export type AccountRow = S['OwnedBody']

/** The document has a deed's detail and a decision's evidence as any object. */
export type AuditRow = Omit<S['EntryBody'], 'detail'> & { detail: unknown }
export type Why = Omit<S['WhyBody'], 'evidence'> & { evidence?: Evidence | null }
/** What a decision was made from; which fields there are depends on the decision. */
export interface Evidence {
  code?: string | null
  position?: string
  promoter_number?: number
  community_ordinal?: number
  product_number?: number
  promoter?: string
  program?: string
  community?: string | null
  level?: number
  suspended?: boolean
  plan_line?: string
  /** `Program`, `Level(2)`, `Category(1320)`, `Campaign("618")`. */
  plan_scope?: string
  inviter?: string | null
  inviter_suspended?: boolean | null
  self_purchase?: boolean
  by?: string
  at?: string
  reason?: string
  decided?: Evidence
  before?: { how: string; promoter?: string | null; evidence?: Evidence }
}

type Answered<O, T> = Omit<O, 'responses'> & { responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': T } } } }
type GetOf<P extends keyof paths, T> = Omit<paths[P], 'get'> & { get: Answered<paths[P]['get'], T> }

interface Written {
  '/api/v1/orders/{order}/why': GetOf<'/api/v1/orders/{order}/why', Why>
  '/api/v1/audit': GetOf<'/api/v1/audit', { items: AuditRow[]; next?: string | null }>
  '/api/v1/programs/{program}/audit': GetOf<'/api/v1/programs/{program}/audit', { items: AuditRow[]; next?: string | null }>
}

export type Api = Omit<paths, keyof Written> & Written
