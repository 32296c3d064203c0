// Answers that the server's document does not describe yet. When it does, delete them here: `npm run api` brings them.
import type { components, paths } from './schema'

type S = components['schemas']

export interface Page<T> {
  items: T[]
  next?: string | null
}

type Query = Record<string, string | number | boolean | undefined>
interface Get<T, P extends string = never> {
  parameters: { query?: Query; header?: never; path: Record<P, string>; cookie?: never }
  get: {
    parameters: { query?: Query; header?: never; path: Record<P, string>; cookie?: never }
    responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': T } } }
  }
}

// GET /api/v1/programs/{program}/orders, /api/v1/union-accounts/{account}/unassigned
export type OrderRow = S['OrderBody'] & {
  promoter_name?: string | null
  inviter_name?: string | null
  community_name?: string | null
  /** Number in the catalog; null where it is not known there. */
  product?: string | null
  direct_fen?: number | null
  inviter_fen?: number | null
  platform_fen?: number | null
}

// GET /api/v1/orders/{order}/why
export type Why = Omit<S['WhyBody'], 'order' | 'evidence'> & { order: OrderRow; evidence?: Evidence | null }
/** What a decision was made from; which fields there are depends on the decision. */
export interface Evidence {
  code?: string | null
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

// GET /api/v1/audit, /api/v1/programs/{program}/audit
export type AuditRow = Omit<S['EntryBody'], 'detail'> & { detail: unknown; person_name?: string | null }

// GET /api/v1/jobs
export interface JobRow {
  id: string
  name: string
  key: string
  state: 'ready' | 'running' | 'failed'
  attempts: number
  /** Null: once. */
  every_seconds?: number | null
  run_at: string
  last_ok?: string | null
  last_error?: string | null
}

// GET /api/v1/health
export interface Health {
  at: string
  engine: 'sqlite' | 'postgresql'
  version: string
  demo: boolean
  schema: number | string
  union_accounts: UnionHealth[]
  jobs: { ready: number; running: number; failed: number }
  outbox_waiting: number
  clicks_waiting: number
  disk_free_bytes?: number | null
}
export interface UnionHealth {
  account: string
  name: string
  union: string
  active: boolean
  connection: 'ok' | 'failing' | 'unknown'
  watermark?: string | null
  pulled_at?: string | null
  lag_seconds?: number | null
  last_error?: string | null
  budget: { used_today: number; limit_today?: number | null; share_ppm?: number | null }
  feeds: { feed: string; finished_at?: string | null; seen: number; last_error?: string | null }[]
  programs: string[]
}

// GET /api/v1/inbox
export interface InboxItem {
  kind: string
  severity: 'error' | 'warning' | 'info'
  count: number
  since?: string | null
  subject?: string | null
  /** Code. */
  program?: string | null
  detail?: string | null
  /** Address in the console. */
  link: string
}

// GET /api/v1/ledger/balances
export interface Balance {
  account: string
  balance_fen: number
  postings: number
}
// GET /api/v1/ledger/accounts
export type AccountRow = Balance & { owner: string; owner_name?: string | null }

// GET /api/v1/ledger/verify
export interface Verification {
  state: 'never' | 'waiting' | 'running' | 'done' | 'failed'
  started_at?: string | null
  finished_at?: string | null
  buckets_done?: number | null
  buckets?: number | null
  transactions?: number | null
  postings?: number | null
  accounts?: number | null
  lines?: number | null
  findings?: { rule: string; subject: string; detail: string }[] | null
  findings_total?: number | null
}

// GET and PATCH /api/v1/programs/{program}
export type ProgramRow = S['ProgramBody'] & { official_appid?: string }
export type ProgramChange = S['Change'] & { official_appid?: string | null; official_secret?: string | null }

interface Read<T> {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never }
  get: { parameters: { query?: Query; header?: never; path?: never; cookie?: never }; responses: Answer<T> }
}
interface Answer<T> { 200: { headers: Record<string, unknown>; content: { 'application/json': T } } }
interface Sent<T, P extends string, B> {
  parameters: { query?: Query; header?: never; path: Record<P, string>; cookie?: never }
  requestBody: { content: { 'application/json': B } }
  responses: Answer<T>
}
interface Told<T, P extends string> {
  parameters: { query?: Query; header?: never; path: Record<P, string>; cookie?: never }
  responses: Answer<T>
}

interface Written {
  '/api/v1/programs/{program}/orders': Get<Page<OrderRow>, 'program'>
  '/api/v1/union-accounts/{account}/unassigned': Get<Page<OrderRow>, 'account'>
  '/api/v1/orders/{order}/why': Get<Why, 'order'>
  // Two bodies have the name Request in the document.
  '/api/v1/orders/{order}/assign': { parameters: Get<OrderRow, 'order'>['parameters']; post: Sent<OrderRow, 'order', { promoter: string; reason: string }> }
  '/api/v1/audit': Read<Page<AuditRow>>
  '/api/v1/programs/{program}/audit': Get<Page<AuditRow>, 'program'>
  '/api/v1/jobs': Read<Page<JobRow>>
  '/api/v1/jobs/{job}/retry': { parameters: Get<void, 'job'>['parameters']; post: Told<void, 'job'> }
  '/api/v1/health': Read<Health>
  '/api/v1/inbox': Read<{ items: InboxItem[] }>
  '/api/v1/ledger/balances': Read<{ items: Balance[] }>
  '/api/v1/ledger/accounts': Read<Page<AccountRow>>
  '/api/v1/ledger/verify': Read<Verification> & { post: { parameters: Read<void>['parameters']; responses: Answer<{ run: string }> } }
  '/api/v1/programs/{program}/ledger/transactions': Get<S['TransactionPage'], 'program'>
  '/api/v1/programs/{program}': Get<ProgramRow, 'program'> & { patch: Sent<ProgramRow, 'program', ProgramChange> }
}

export type Api = Omit<paths, keyof Written> & Written
