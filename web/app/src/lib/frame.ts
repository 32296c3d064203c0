// What the phone takes of the screen at the top: the status bar, and WeChat's capsule at the right.

let statusBar = 0
let capsule = 0
// #ifdef MP-WEIXIN
const frame = uni.getWindowInfo()
statusBar = frame.statusBarHeight ?? 20
capsule = frame.windowWidth - uni.getMenuButtonBoundingClientRect().left
// #endif

export { statusBar, capsule }
