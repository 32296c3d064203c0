import { createSSRApp } from 'vue'
import App from './App.vue'

export function createApp() {
  // #ifdef H5
  // Assets lie under /app/, pages under /app/{program}/#/: the router keeps the path it was opened with.
  __uniConfig.router.routerBase = ''
  // Whoever was never here begins at the way in, and does not load the goods' page first only to be turned away.
  if (!location.hash.replace(/^#\/?/, '') && !localStorage.getItem('session:who')) history.replaceState(null, '', '#/pages/signin/index')
  // #endif
  return { app: createSSRApp(App) }
}
