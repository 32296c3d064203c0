// node pack.mjs <mini-program build> <out.html>
//
// A compiled WeChat mini program as one HTML page for a plain browser. glass-easel is the component engine that WeChat
// itself runs, and its WXML compiler (Rust, as wasm) is WeChat's too: what it takes, phones take; what it finds wrong
// is wrong there. What is not WeChat: `wx.*` are stand-ins (boot.js), styles of components are shared by all.

import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'

const require = createRequire(import.meta.url)
const { TmplGroup } = require('glass-easel-template-compiler')

/** Looks that the engine leaves to its host: what WeChat's own style sheet says of these elements. */
const BASE = `
*{box-sizing:border-box}html,body{height:100%}body{margin:0;font-size:16px}
wx-page,view,scroll-view,swiper,button,input,navigator,image,label{display:block}
scroll-view{overflow:auto}image{width:320px;height:240px;overflow:hidden}image>img{width:100%;height:100%;object-fit:cover;display:block}
input>input{width:100%;height:100%;border:0;padding:0;background:none;font:inherit;color:inherit;outline:0}
text{white-space:pre-line}
button{border:0;width:100%;text-align:center;background:#f8f8f8;border-radius:5px;line-height:2.55;font-size:18px;padding:0 14px;margin:0 auto}
#bar{position:sticky;top:0;z-index:9;height:88px;padding-top:44px;text-align:center;font:600 17px/44px sans-serif}
#tabs{position:fixed;inset:auto 0 0;height:50px;background:#fff;border-top:1px solid #e5e5e5;display:flex;z-index:9}
#tabs div{flex:1;text-align:center;font-size:13px;line-height:50px}
#root>[hidden]{display:none}`

/** Lengths and selectors that only mini programs have. */
const style = (text) =>
  text
    .replace(/(-?\d*\.?\d+)rpx/g, 'calc($1 * 100vw / 750)')
    .replace(/@import\s+["'][^"']+["'];?/g, '')
    .replace(/(^|[},>+~\s])page(?=[\s,{.:#>+~])/g, '$1body')

/** Nothing in a script may end the element that it stands in. */
const inScript = (text) => text.replace(/<\/script/gi, '<\\/script')

/** Packs a build; returns what the WXML compiler found wrong, file by file. */
export function pack(root, out) {
  const walk = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? walk(join(dir, n)) : [relative(root, join(dir, n))]))
  const files = walk(root)
  const named = (ending) => files.filter((f) => f.endsWith(ending))
  const read = (f) => readFileSync(join(root, f), 'utf8')
  const bare = (f) => f.replace(/\.\w+$/, '')
  const app = JSON.parse(read('app.json'))

  const group = new TmplGroup()
  const problems = []
  for (const f of named('.wxs')) group.addScript(bare(f), read(f))
  for (const f of named('.wxml')) {
    // The compiler wants `bind:tap`; `bindtap` is the older way to write it, and WeChat takes both.
    const found = group.addTmpl(bare(f), read(f).replace(/(\s)(bind|catch)([A-Za-z]\w*)=/g, '$1$2:$3='))
    for (const problem of found ?? []) problems.push(`${f}: ${problem.message ?? problem}`)
  }
  const templates = group.getTmplGenObjectGroups()

  const components = {}
  for (const f of named('.json').filter((f) => existsSync(join(root, `${bare(f)}.wxml`)))) {
    const own = JSON.parse(read(f))
    components[bare(f)] = { ...own, styleIsolation: 'shared', usingComponents: { ...app.usingComponents, ...own.usingComponents } }
  }
  // A page's style is in force while the page shows; what components and the app say always is.
  const pages = new Set(app.pages)
  const shared = named('.wxss').filter((f) => !pages.has(bare(f))).map((f) => style(read(f))).join('\n')
  const pageStyles = Object.fromEntries(app.pages.map((p) => [p, existsSync(join(root, `${p}.wxss`)) ? style(read(`${p}.wxss`)) : '']))

  // The engine and the program's own files are all CommonJS: one loader serves both.
  const engine = ['glass-easel', 'glass-easel-miniprogram-adapter'].map((name) => [name, readFileSync(require.resolve(name), 'utf8')])
  const module = ([name, text]) => `${JSON.stringify(name)}(require,module,exports){${text}\n}`
  const modules = [...engine, ...named('.js').map((f) => [f, read(f)])].map(module).join(',\n')
  const boot = readFileSync(new URL('boot.js', import.meta.url), 'utf8')

  writeFileSync(out, `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<style>${BASE}\n${shared}</style><style id="page-style"></style><body><div id="bar"></div><div id="root"></div><div id="tabs"></div>
<script>window.__packed={app:${inScript(JSON.stringify(app))},components:${inScript(JSON.stringify(components))},pageStyles:${inScript(JSON.stringify(pageStyles))},
templates:(()=>{${/^\s*return/.test(templates) ? '' : 'return '}${inScript(templates)}})(),modules:{${inScript(modules)}}}</script>
<script>${inScript(boot)}</script>`)
  return { problems, pages: app.pages.length, components: Object.keys(components).length }
}

if (import.meta.filename === process.argv[1]) {
  const [, , root, out] = process.argv
  const { problems, components } = pack(root, out)
  console.log(`${components} components, ${problems.length} WXML problems`)
  for (const problem of problems) console.log(`  ${problem}`)
  process.exit(problems.length ? 1 : 0)
}
