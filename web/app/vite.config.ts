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
      ['__UNI_FEATURE_I18N_EN__', '__UNI_FEATURE_I18N_ES__', '__UNI_FEATURE_I18N_FR__', '__UNI_FEATURE_I18N_ZH_HANT__', '__UNI_FEATURE_I18N_ZH_HANS__', '__UNI_FEATURE_RPX__', '__UNI_FEATURE_WXS__', '__UNI_FEATURE_LONGPRESS__'].map((name) => [name, 'false']),
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
const bare = (node: object): void => {
  const element = node as { props?: { type: number; name: string; arg?: { content?: string } }[] }
  element.props = element.props?.filter((p) => !IDLE.test(p.type === 7 ? (p.name === 'bind' ? (p.arg?.content ?? '') : '') : p.name))
}

/** We call nothing of `uni` that WeChat does not have by the same name: without its wrapper a mini program is 15 KB smaller. */
const direct: Plugin = {
  name: 'direct',
  enforce: 'pre',
  transform(code, id) {
    if (/\/src\/.*\.(vue|ts)(\?|$)/.test(id)) return code.replace(/\buni\.(?=[a-z])/g, 'WX__.')
    // The runtime asks for tokens of a cloud that we do not use, and tells plugins that we do not have.
    if (id.includes('/uni-mp-vue/')) return code.replace(/\buni\.getStorageSync/g, 'WX__.getStorageSync').replace('uni.invokeCreateVueAppHook(app)', '0')
    // Then nobody needs what it makes, and it says so.
    if (id.endsWith('/uni.api.esm.js')) return code.replace('var index = initUni(', 'var index = /*#__PURE__*/ initUni(')
    return undefined
  },
  // Our own modules in one file with the framework's: each page asks for one, not for eight.
  configResolved(config) {
    const output = config.build.rollupOptions.output as { minifyInternalExports: boolean; manualChunks: (id: string, meta: unknown) => string | undefined }
    output.minifyInternalExports = true
    const before = output.manualChunks
    output.manualChunks = (id, meta) => (/\/src\/(lib|api)\//.test(id) ? 'common/vendor' : before(id, meta))
  },
  // Only now: uni-app takes every `wx` in a source for its wrapper.
  renderChunk: (code) => code.replace(/\bWX__\b/g, 'wx'),
}

/** A phone fetches the framework, our parts and one page: few requests, and none for what it does not show. */
function chunk(id: string): string | undefined {
  if (/node_modules|\0/.test(id)) return 'core'
  if (/\/components\/(ProductCard|GoodsBar|ShareSheet|SearchBox|ProductView|PriceSteps)\.vue/.test(id)) return 'goods'
  return /\/src\/(components|lib|api)\//.test(id) ? 'kit' : undefined
}

export default defineConfig({
  base: mini ? '/' : '/app/',
  plugins: mini ? [direct, uni({ vueOptions: { template: { compilerOptions: { nodeTransforms: [bare] } } } })] : [uni(), lean],
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
