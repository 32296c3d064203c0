import { createApp } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/theme.css'
import './styles/page.css'
import './theme'
import App from './App.vue'
import { router } from './router'
import { whenSignedOut } from './session'
import { keptLang, speak } from './words'

whenSignedOut(() => {
  const back = router.currentRoute.value
  if (!back.meta.bare) void router.replace({ path: '/sign-in', query: { back: back.fullPath, over: '1' } })
})

void speak(keptLang()).then(() => createApp(App).use(router).mount('#app'))
