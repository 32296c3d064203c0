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

// GET /api/v1/programs/{program}/links
export interface LinkRow {
  code: string
  url: string
  page: string
  promoter: string
  promoter_name: string
  community?: string | null
  community_name?: string | null
  self_purchase: boolean
  product: string
  title: string
  /** Null: its coupon is in the union's link. */
  coupon_dropped?: string | null
  converted_at: string
  renew_at: string
}

// GET /api/v1/programs/{program}/clicks
export type ClickRow = S['ClickBody'] & {
  promoter_name?: string
  community_id?: string | null
  community_name?: string | null
  title?: string | null
}

// GET /api/v1/programs/{program}/communities
export type CommunityRow = S['CommunityBody'] & { promoter_name?: string }

// GET /api/v1/programs/{program}/products/{product}/history
export interface HistoryDay {
  date: string
  list_fen: number
  promo_fen: number
  coupon_fen: number
  final_fen: number
  rate_ppm: number
  commission_fen: number
  sales_30_days?: number | null
}

// GET /api/v1/programs/{program}/promoters/{promoter}/earnings
export type Earnings = S['EarningsBody'] & {
  today_fen?: number
  month_fen?: number
  inviter_fen_month?: number
  time_zone?: string
}

// GET /api/v1/programs/{program}/promoters/{promoter}/team
export type TeamFigures = S['Team'] & { inviter_fen_month?: number; inviter_fen_total?: number }

// GET /api/v1/programs/{program}/promoters/{promoter}/ledger
export interface PostingRow {
  transaction: string
  order?: string | null
  n: number
  account: string
  /** Credit positive: what is owed to the person. */
  amount_fen: number
  reason: string
  booked_at: string
  event_at: string
  title?: string | null
  role: 'direct' | 'inviter'
}

interface Written {
  '/api/v1/programs/{program}/links': Get<Page<LinkRow>, 'program'> & Pick<paths['/api/v1/programs/{program}/links'], 'post'>
  '/api/v1/programs/{program}/clicks': Get<Page<ClickRow>, 'program'>
  '/api/v1/programs/{program}/products/{product}/history': Get<{ items: HistoryDay[] }, 'program' | 'product'>
  '/api/v1/programs/{program}/promoters/{promoter}/earnings': Get<Earnings, 'program' | 'promoter'>
  '/api/v1/programs/{program}/promoters/{promoter}/team': Get<TeamFigures, 'program' | 'promoter'>
  '/api/v1/programs/{program}/promoters/{promoter}/ledger': Get<Page<PostingRow>, 'program' | 'promoter'>
}

export type Api = Omit<paths, keyof Written> & Written
