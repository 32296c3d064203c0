// Endpoints and fields that the server's document does not name yet, by path. What it names is taken from there.

import type { components } from './openapi'

type S = components['schemas']
type Answer<R> = { content: { 'application/json': R } }
type Get<R, P extends object, Q extends object = object> = { get: { parameters: { path: P; query?: Q }; responses: { 200: Answer<R> } } }
type Post<R, P extends object, B = undefined> = {
  post: { parameters: { path: P } ; responses: { 200: Answer<R> } } & (B extends undefined ? object : { requestBody: { content: { 'application/json': B } } })
}
type InProgram = { program: string }
type Paging = { limit?: number; after?: string }
export type List<T> = { items: T[]; next?: string | null }

/** Products: what the calling promoter would earn on one piece; null for whoever is none. */
export type Product = S['ProductBody'] & { earn_fen?: number | null; self_earn_fen?: number | null; has_picture?: boolean }
export type ProductDetail = S['ProductDetail'] & Product
export type ProductFilter = {
  q?: string; category?: number; price_from_fen?: number; price_to_fen?: number; coupon?: boolean; self_run?: boolean
  sort?: string; desc?: boolean
} & Paging

/** A product as anybody may see it. */
export interface PublicProduct {
  product: string; title: string; brand: string; shop: string; self_run: boolean; category_name: string; has_picture: boolean
  list_fen: number; promo_fen: number; coupon_fen: number; coupon_applies: boolean; final_fen: number; sales_30_days?: number | null
  delivered_by_union: boolean; seen_at: string; staleness: string
}
export interface PublicDetail extends PublicProduct {
  price_steps: S['StepBody'][]; coupon_from?: string | null; coupon_until?: string | null; as_of: string
}
export interface Recommended { program: string; promoter_name: string; product: PublicDetail; url: string; page: string }

export interface CommunityLimit { used: number; limit: number }
export type Order = S['OrderBody'] & {
  community_name?: string | null; product?: string | null; direct_fen?: number; platform_fen?: number | null; inviter_fen?: number | null
}
export type Why = Omit<S['WhyBody'], 'order'> & { order: Order }
export type Earnings = S['EarningsBody'] & { today_fen?: number; month_fen?: number; inviter_fen_month?: number; time_zone?: string }
export type Team = S['Team'] & { inviter_fen_month?: number; inviter_fen_total?: number }
export type Click = S['ClickBody'] & { community_name?: string | null; title?: string | null; community_id?: string | null }
export type WechatSession =
  | ({ state: 'signed_in' } & S['SignedIn'])
  | { state: 'unbound'; ticket: string; expires_at: string }

export interface Contract {
  '/api/v1/programs/{program}/products': Get<List<Product>, InProgram, ProductFilter>
  '/api/v1/programs/{program}/products/{product}': Get<ProductDetail, InProgram & { product: string }>
  // The document has one schema named `Change` for programs and communities.
  '/api/v1/programs/{program}/communities/{community}': Get<S['CommunityBody'], InProgram & { community: string }> & {
    patch: {
      parameters: { path: InProgram & { community: string } }
      requestBody: { content: { 'application/json': { version: number; name?: string; city?: string; member_count?: number; state?: string } } }
      responses: { 200: Answer<S['CommunityBody']> }
    }
  }
  '/api/v1/programs/{program}/communities/limit': Get<CommunityLimit, InProgram>
  '/api/v1/programs/{program}/orders': Get<List<Order>, InProgram, { state?: string } & Paging>
  '/api/v1/orders/{order}/why': Get<Why, { order: string }>
  '/api/v1/programs/{program}/promoters/{promoter}/earnings': Get<Earnings, InProgram & { promoter: string }>
  '/api/v1/programs/{program}/promoters/{promoter}/team': Get<Team, InProgram & { promoter: string }>
  '/api/v1/programs/{program}/clicks': Get<List<Click>, InProgram, { class?: string } & Paging>
  '/api/v1/programs/{program}/clicks/counts': Get<S['ClickCounts'], InProgram, { days?: number; promoter?: string }>
  '/api/v1/programs/{program}/join': Post<S['Joined'], InProgram, S['Join'] & { wechat_ticket?: string }>
  '/api/v1/session': Post<S['SignedIn'], object, S['SignIn'] & { wechat_ticket?: string }> & { delete: { responses: { 204: unknown } } }
  '/api/v1/session/wechat': Post<WechatSession, object, { program: string; code: string }>
  '/api/v1/public/programs/{program}/products': Get<List<PublicProduct>, InProgram, ProductFilter>
  '/api/v1/public/links/{code}': Get<Recommended, { code: string }>
  '/api/v1/public/links/{code}/products/{product}': Post<{ code: string }, { code: string; product: string }>
  '/api/v1/public/links/{code}/open': Post<{ url: string; mini_program?: { app_id: string; path: string } | null }, { code: string }>
}
