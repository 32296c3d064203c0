// States of an order line and reasons, in words.

import type { Order, Schema } from '@/api/client'
import { percent, yuan } from './money'

export interface Tag { label: string; tone: 'wait' | 'good' | 'dull' | 'warn' }
const STATES: Record<string, Tag> = {
  expected: { label: '待付款', tone: 'wait' },
  pending: { label: '已付款', tone: 'wait' },
  confirmed: { label: '已完成', tone: 'good' },
  superseded: { label: '已拆单', tone: 'dull' },
  invalid: { label: '无效', tone: 'dull' },
  unknown: { label: '待核实', tone: 'warn' },
}
export const stateOf = (order: Order): Tag =>
  order.settled_fen > 0 && order.state === 'confirmed' ? { label: '已结算', tone: 'good' } : (STATES[order.state] ?? STATES.unknown)

const WHOSE: Record<string, string> = {
  code: '订单里带着你的分享码，所以是你的。',
  position: '联盟没有带回分享码，但链接的推广位是你的。',
  by_hand: '运营核对后，手工归到了你名下。',
  no_code: '联盟没有带回分享码。',
  forged: '订单里的码不是我们发出的。',
  unknown_promoter: '订单里的码没有对应的推手。',
  foreign_program: '你的计划不由这个联盟账号服务。',
  no_plan: '下单时这个计划还没有分佣方案。',
}
export const whose = (order: Order): string => WHOSE[order.attribution] ?? '按订单里的分享码归属。'

const FEES: Record<string, (o: Order) => string> = {
  expected: () => '买家还没有付款，现在还不算数。',
  pending: (o) => `买家已付款。联盟预估这笔佣金共 ¥${yuan(o.estimated_fee_fen)}，收货后才会定下来。`,
  confirmed: (o) => `买家已收货。联盟确认这笔佣金共 ¥${yuan(o.actual_fee_fen)}。`,
  superseded: () => '京东把这笔订单拆成了几笔，佣金记在拆出来的订单上。',
  invalid: () => '这笔订单无效（取消、退货或不符合联盟规则），联盟不付佣金，已记的会冲回。',
  unknown: () => '联盟给了一个我们还不认识的状态，先不增减，等人工核实。',
}
export const feeWords = (o: Order): string => (FEES[o.state] ?? FEES.unknown)(o)

export function shareWords(w: Schema['WhyBody']): string {
  const o = w.order
  const rate = percent(o.direct_ppm)
  return o.self_purchase
    ? `这是你自己买的：按自购费率 ${rate} 返给你，没有邀请人的份。`
    : `按下单那一刻的分佣方案，你得佣金的 ${rate}。`
}

const REASONS: Record<string, string> = {
  'order paid': '买家付款，预估佣金记入待确认',
  'order confirmed or corrected': '联盟确认或更正了佣金',
  'order split by the union': '京东拆单，转记到新订单',
  'order invalid': '订单无效，冲回',
  'order in an unknown state': '状态待核实',
  'order not paid': '尚未付款',
  assigned: '运营手工归属',
  settled: '月度结算',
}
export const reasonWords = (reason: string): string => REASONS[reason] ?? '更正'

/** What a posting did to the promoter: what is owed grows with credits, which are below zero in the books. */
export const mine = (legs: { account: string; owner: string; amount_fen: number }[], promoter: string): number =>
  legs.filter((l) => l.owner === promoter).reduce((sum, l) => sum - l.amount_fen, 0)
