import { t, tOr } from '@/words'

export const operateTabs = () => [
  { key: 'health', title: t('health.title'), to: '/health' },
  { key: 'jobs', title: t('jobs.title'), to: '/jobs' },
]

/** 90061 s → 1 天 1 小时: the two largest units. */
export function duration(seconds: number): string {
  const parts: [number, 'day' | 'hour' | 'minute' | 'second'][] = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']]
  let rest = Math.max(0, Math.trunc(seconds))
  const words: string[] = []
  for (const [size, unit] of parts) {
    const n = (rest - (rest % size)) / size
    rest %= size
    if (n > 0 && words.length < 2) words.push(t(`duration.${unit}`, { n }))
    else if (words.length) break
  }
  return words.join(' ') || t('duration.second', { n: 0 })
}

/** Bytes in the largest unit, one decimal that is cut off. */
export function bytes(n: number): string {
  const units: [number, string][] = [[2 ** 40, 'TB'], [2 ** 30, 'GB'], [2 ** 20, 'MB'], [2 ** 10, 'KB']]
  for (const [size, unit] of units) {
    if (n < size) continue
    const tenths = Math.trunc((n / size) * 10)
    return `${(tenths - (tenths % 10)) / 10}.${tenths % 10} ${unit}`
  }
  return `${n} B`
}

export const jobWords = (name: string) => tOr(`job.${name}`, name)
export function feedWords(feed: string): string {
  const [kind, ...rest] = feed.split(':')
  const what = rest.join(':')
  return kind === 'channel' ? t('feed.channel', { n: what }) : kind === 'search' ? t('feed.search', { q: what }) : feed
}
