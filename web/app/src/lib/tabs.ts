// The tab bar in the program's colour. A mini program's is coloured when it is built.

import { watch } from 'vue'
import { onShow } from '@dcloudio/uni-app'
import { vars } from './theme'

const LINES = [
  'M4 8.5 5.5 4h13L20 8.5M4 8.5h16M4 8.5V19a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1V8.5M9 12a3 3 0 0 0 6 0',
  'M4 7.5A2.5 2.5 0 0 1 6.5 5H17v3M4 7.5A2.5 2.5 0 0 0 6.5 10H20v9H6.5A2.5 2.5 0 0 1 4 16.5zM16 14.5h.01',
  'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-3.8 3-6 6.5-6s6 2.2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .7 3.2 2.6 3.5 5.5',
  'M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.4-6.3 7.5-6.3s6.9 2.3 7.5 6.3',
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
