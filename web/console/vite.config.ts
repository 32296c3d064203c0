import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { defineConfig, loadEnv } from 'vite'

// A running `daogou demo`; DAOGOU names another one.
const env = loadEnv('', '.', '')
const server = env.DAOGOU ?? 'http://127.0.0.1:8140'

export default defineConfig({
  base: '/console/',
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  plugins: [
    vue(),
    // Only the parts of Element Plus that a page names, with their style. Our own parts are imported by hand.
    components({ dirs: [], dts: false, resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
  ],
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: {
    port: Number(env.PORT ?? 8142),
    strictPort: true,
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/api', '/pic', '/p/', '/s/', '/i/'].map((path) => [path, { target: server }])),
  },
})
