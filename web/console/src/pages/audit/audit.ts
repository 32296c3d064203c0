import type { RouteLocationRaw } from 'vue-router'
import { session } from '@/session'
import { tOr } from '@/words'

/** The deeds that the server notes. A filter also finds what begins with it. */
export const ACTIONS = [
  'order.assign', 'program.create', 'program.change', 'program.open', 'program.close', 'program.admission', 'program.inviter_rule', 'program.rules', 'plan.add',
  'roster.add', 'roster.remove', 'promoter.suspend', 'promoter.reinstate', 'invite_code.add', 'community.add', 'product.ban', 'product.unban', 'catalog.sync',
  'legal_entity.add', 'union_account.add', 'union_account.change', 'union_account.serve', 'staff.grant', 'staff.revoke', 'token.create', 'token.revoke',
  'person.password', 'person.password_reset', 'job.retry', 'ledger.verify',
]
export const actionWords = (action: string) => tOr(`action.${action}`, action)

/** Where the thing of a deed is shown. */
export function subjectLink(subject: string, program: string | null): RouteLocationRaw | undefined {
  if (subject.startsWith('ord_')) return `/orders/${subject}`
  const known = session.programs.find((p) => p.program === subject)
  if (known) return `/programs/${known.code}`
  if (subject.startsWith('una_')) return '/union-accounts'
  if (subject.startsWith('prm_') && program) return { path: `/promoters/${subject}`, query: { program } }
  if (subject.startsWith('pln_') && program) return { path: `/programs/${program}`, query: { tab: 'plan' } }
  return undefined
}
