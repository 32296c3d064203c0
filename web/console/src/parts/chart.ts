import { yuanShort } from '@/format'
import type { ChartOption } from './echarts'

export type Colour = (token: string) => string

/** Axes, legend and tooltip as all our charts have them. */
export function frame(colour: Colour, more: { labels: string[]; value?: (n: number) => string; second?: (n: number) => string; legend?: boolean; tooltip?: (n: number, series: number) => string }): ChartOption {
  const soft = colour('ink-3')
  const axis = (value?: (n: number) => string) => ({
    type: 'value' as const,
    minInterval: value === yuanShort ? 100 : 1,
    // Nothing but zeros still has an axis.
    max: (seen: { max: number }) => (seen.max > 0 ? (null as unknown as number) : 100),
    axisLabel: { color: soft, fontSize: 11, formatter: value },
    splitLine: { lineStyle: { color: colour('line-soft') } },
  })
  return {
    animationDuration: 300,
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 4, right: more.second ? 4 : 12, top: more.legend === false ? 12 : 34, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: more.legend === false ? { show: false } : { top: 0, left: 0, itemWidth: 14, itemHeight: 8, icon: 'roundRect', textStyle: { color: colour('ink-2'), fontSize: 12 } },
    tooltip: {
      trigger: 'axis',
      // Text only: what people typed never becomes part of a page's HTML.
      renderMode: 'richText',
      backgroundColor: colour('panel'),
      borderColor: colour('line'),
      textStyle: { color: colour('ink'), fontSize: 12.5 },
      axisPointer: { lineStyle: { color: colour('ink-3'), type: 'dashed' } },
    },
    xAxis: { type: 'category', data: more.labels, axisLine: { lineStyle: { color: colour('line') } }, axisTick: { show: false }, axisLabel: { color: soft, fontSize: 11, hideOverlap: true } },
    yAxis: more.second ? [axis(more.value), { ...axis(more.second), splitLine: { show: false } }] : axis(more.value),
  }
}

/** A colour with transparency, for areas. */
export const faint = (hex: string, alpha: string) => `${hex}${alpha}`
