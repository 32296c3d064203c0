import { defineConfig, type Plugin } from 'vite'
import plugin from '@dcloudio/vite-plugin-uni'

// The package is CommonJS: its default export arrives one level deeper in an ES module.
const uni = ((plugin as unknown as { default?: typeof plugin }).default ?? plugin) as typeof plugin

// One build serves every program on H5; a mini program is compiled for one (scripts/build-mp.mjs).
const program = {
  code: process.env.DAOGOU_PROGRAM ?? '',
  name: process.env.DAOGOU_NAME ?? '',
  colour: process.env.DAOGOU_COLOUR ?? '',
  server: process.env.DAOGOU_SERVER ?? '',
}
const mini = process.env.UNI_PLATFORM === 'mp-weixin'
const api = process.env.DAOGOU_API ?? 'http://127.0.0.1:8080'

/** What uni-app carries and nothing of ours uses: its own texts in four languages, scripts inside templates, rpx. */
const lean: Plugin = {
  name: 'lean',
  enforce: 'post',
  config: () => ({
    define: Object.fromEntries(
      ['__UNI_FEATURE_I18N_EN__', '__UNI_FEATURE_I18N_ES__', '__UNI_FEATURE_I18N_FR__', '__UNI_FEATURE_I18N_ZH_HANT__', '__UNI_FEATURE_WXS__', '__UNI_FEATURE_LONGPRESS__'].map((name) => [name, 'false']),
    ),
  }),
  // uni-app's style names shadow pictures on a foreign host.
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'asset' && file.fileName.endsWith('.css')) file.source = String(file.source).replace(/url\(["']?https?:[^)]*\)/g, 'none')
    }
  },
}

/** What browsers and their tests ask for and a mini program has no use for. */
const IDLE = /^(role|tabindex|testid|data-testid|aria-pressed|aria-invalid|aria-disabled)$/
const bare = (node: { type: number; props?: { type: number; name: string; arg?: { content?: string } }[] }): void => {
  node.props = node.props?.filter((p) => !IDLE.test(p.type === 7 ? (p.name === 'bind' ? (p.arg?.content ?? '') : '') : p.name))
}

/** A phone fetches the framework, our parts and one page: few requests, and none for what it does not show. */
function chunk(id: string): string | undefined {
  if (/node_modules|\0/.test(id)) return 'core'
  if (/\/components\/(ProductCard|GoodsBar|ShareSheet|SearchBox|ProductView|PriceSteps)\.vue/.test(id)) return 'goods'
  return /\/src\/(components|lib|api)\//.test(id) ? 'kit' : undefined
}

export default defineConfig({
  base: mini ? '/' : '/app/',
  plugins: mini ? [uni({ vueOptions: { template: { compilerOptions: { nodeTransforms: [bare] } } } })] : [uni(), lean],
  define: { __COMPILED__: JSON.stringify(program) },
  build: {
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 300,
    rollupOptions: mini ? {} : { output: { manualChunks: chunk } },
    target: 'es2020',
    modulePreload: { polyfill: false },
    minify: 'terser',
    terserOptions: { module: true, ecma: 2020, compress: { passes: 3, pure_getters: true }, format: { comments: false } },
  },
  server: {
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 5173),
    strictPort: true,
    proxy: Object.fromEntries(['/api', '/pic', '/p/', '/i/', '/s/'].map((path) => [path, { target: api }])),
  },
})
