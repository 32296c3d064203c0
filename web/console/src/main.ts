import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/theme.css'
import './styles/page.css'
import './theme'
import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import App from './App.vue'
import { unreachable } from './api/problem'
import { router } from './router'
import { whenSignedOut } from './session'
import { keptLang, speak } from './words'
import { problemWords } from './words/problems'

whenSignedOut(() => {
  const back = router.currentRoute.value
  if (!back.meta.bare) void router.replace({ path: '/sign-in', query: { back: back.fullPath, over: '1' } })
})

// A page whose code cannot be fetched: the network is lost, or a newer console is there. The whole page anew tells which.
router.onError((_, to) => {
  if (navigator.onLine && performance.now() > 10_000) location.assign(router.resolve(to.fullPath).href)
  else ElMessage({ type: 'error', message: problemWords(unreachable(null).problem).title })
})

async function begin() {
  await speak(keptLang())
  const app = createApp(App).use(router)
  await router.isReady().catch(() => {})
  app.mount('#app')
}
void begin()
