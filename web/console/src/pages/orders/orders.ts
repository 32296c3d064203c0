import type { OrderRow } from '@/api/contract'
import { can, everywhere, may, session } from '@/session'
import { t, tOr } from '@/words'

/** As `kernel::LineState` has them. */
export const STATES = ['pending', 'confirmed', 'invalid', 'expected', 'superseded', 'unknown'] as const
export const ATTRIBUTIONS = ['code', 'position', 'by_hand', 'no_code', 'forged', 'unknown_promoter', 'foreign_program', 'no_plan'] as const
export const NOBODYS = ATTRIBUTIONS.slice(3)

export const stateOptions = () => STATES.map((value) => ({ value, title: t(`state.order.${value}`) }))
export const attributionOptions = (of: readonly (typeof ATTRIBUTIONS)[number][] = ATTRIBUTIONS) => of.map((value) => ({ value, title: t(`state.attribution.${value}`) }))

/** The pages of orders that this person may see. */
export function orderTabs() {
  const query = { program: session.program ?? undefined }
  const tabs = [
    { key: 'all', title: t('orders.all'), to: { path: '/orders', query } },
    { key: 'review', title: t('orders.review'), to: { path: '/orders', query: { ...query, review: 'true' } } },
  ]
  if (everywhere.value && may('ManageOrders', null)) tabs.push({ key: 'unassigned', title: t('orders.unassigned'), to: { path: '/orders/unassigned', query: { program: undefined } } })
  return tabs
}

/** Whether this person may give the order to somebody: both of the server's conditions that are known here. */
export function mayAssign(order: OrderRow): boolean {
  const program = session.programs.find((p) => p.program === order.program)
  return order.program ? (program ? may('ManageOrders', program.code) : can('ManageOrders')) : may('ManageOrders', null)
}

/** What a transaction of the books was for, in words. */
export const reasonWords = (reason: string) => tOr(`reason.${reason}`, reason)
