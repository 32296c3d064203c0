import { createSSRApp } from 'vue'
import App from './App.vue'

export function createApp() {
  // #ifdef H5
  // Assets lie under /app/, pages under /app/{program}/#/: the router keeps the path it was opened with.
  __uniConfig.router.routerBase = ''
  // #endif
  return { app: createSSRApp(App) }
}
