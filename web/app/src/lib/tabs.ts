// The tab bar in the program's colour. A mini program's is coloured when it is built.

import { watch } from 'vue'
import { onShow } from '@dcloudio/uni-app'
import { vars } from './theme'

const LINES = [
  'M4 8.5 5.5 4h13L20 8.5M4 8.5h16M4 8.5V19a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1V8.5M9 12a3 3 0 0 0 6 0',
  'M4 7.5A2.5 2.5 0 0 1 6.500 5H17v3M4 7.500A2.500 2.500 0 0 0 6.500 10H20v9H6.500A2.500 2.500 0 0 1 4 16.500zM16 14.500h.01',
  'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c.5-3.800 3-6 6.500-6s6 2.200 6.500 6M16 4.300a3.500 3.500 0 0 1 0 6.400M18 14.500c2 .7 3.200 2.600 3.500 5.500',
  'M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.6-4 3.400-6.300 7.500-6.300s6.900 2.300 7.500 6.300',
]

/** For pages of the tab bar: it can be coloured only while it is there. */
export function useTabs(): void {
  // #ifdef H5
  onShow(() => paint(vars.value.ink))
  watch(() => vars.value.ink, paint)
  // #endif
}
// #ifdef H5

function paint(colour: string): void {
  const failed = () => {}
  uni.setTabBarStyle({ selectedColor: colour, fail: failed })
  LINES.forEach((line, index) => {
    const drawn = (stroke: string, fill: string) =>
      'data:image/svg+xml,' + encodeURIComponent(
        `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="-1 -1 26 26" fill="${fill}" stroke="${stroke}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="${line}"/></svg>`)
    uni.setTabBarItem({ index, iconPath: drawn('#6b7480', 'none'), selectedIconPath: drawn(colour, colour + '26'), fail: failed })
  })
}
// #endif
