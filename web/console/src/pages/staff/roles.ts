import { RIGHTS, type Right } from '@/session'
import { t } from '@/words'

export const ROLES = ['owner', 'operations', 'finance', 'read_only'] as const
const ALL: Right[] = ['Read', 'ManagePromoters', 'ManageCatalog', 'ManageOrders', 'ReadLedger', 'Operate', 'ManagePrograms', 'ManageStaff']

/** What each role may do, from the very table by which the console shows and hides. */
export const rolesTable = () => ALL.map((right) => ({
  right, words: t(`right.${right}`),
  roles: ROLES.filter((role) => RIGHTS[role] === 'all' || RIGHTS[role]!.includes(right)) as readonly string[],
}))
