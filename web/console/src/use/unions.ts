import { computed } from 'vue'
import { api, of } from '@/api/client'
import { may } from '@/session'
import { useLoading } from './loading'

/** The union accounts, for their names; staff of single programs do not see them and get an empty list. */
export function useUnionAccounts() {
  const { data, failure, again } = useLoading(async () => (may('Read', null) ? (await of(api.GET('/api/v1/union-accounts'))).items : []))
  const accounts = computed(() => data.value ?? [])
  const names = computed<Record<string, string>>(() => Object.fromEntries(accounts.value.map((a) => [a.account, a.name])))
  return { data, accounts, names, failure, again }
}
