import { everywhere, may, session } from '@/session'
import { t } from '@/words'

/** Of the books, as `accounting::AccountKind` has them; grouped as they add up. */
export const GROUPS = [
  { key: 'union', side: 'debit', accounts: ['union.estimated', 'union.confirmed', 'union.due'] },
  { key: 'person', side: 'credit', accounts: ['person.waiting', 'person.confirmed', 'person.payable', 'person.held'] },
  { key: 'platform', side: 'credit', accounts: ['platform.waiting', 'platform.confirmed', 'platform.income.cps'] },
] as const
export const ACCOUNTS: string[] = GROUPS.flatMap((g) => [...g.accounts])

export const REASONS = ['order paid', 'order confirmed or corrected', 'order invalid', 'order split by the union', 'order in an unknown state', 'order not paid', 'assigned', 'settled'] as const

/** The pages of the books that this person may see. */
export function ledgerTabs() {
  const query = { program: session.program ?? undefined }
  const tabs = [
    { key: 'balances', title: t('ledger.balances'), to: { path: '/ledger', query } },
    { key: 'transactions', title: t('ledger.transactions'), to: { path: '/ledger/transactions', query } },
  ]
  if (everywhere.value && may('ReadLedger', null)) {
    tabs.push({ key: 'accounts', title: t('ledger.accounts'), to: { path: '/ledger/accounts', query: { program: undefined } } }, { key: 'verify', title: t('ledger.verify'), to: { path: '/ledger/verify', query: { program: undefined } } })
  }
  return tabs
}
