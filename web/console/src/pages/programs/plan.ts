import { t } from '@/words'

/** What a plan line is about, in words. */
export function scopeWords(scope: string, value: string): string {
  if (scope === 'campaign') return t('plan.scope.campaignOf', { value })
  if (scope === 'category') return t('plan.scope.categoryOf', { value })
  if (scope === 'level') return t('plan.scope.levelOf', { value })
  return t('plan.scope.program')
}
export const SCOPES = ['program', 'level', 'category', 'campaign'] as const
