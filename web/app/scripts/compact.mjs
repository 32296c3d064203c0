// A built mini program with short names where uni-app writes long ones: `title data-v-5fbbe01c` becomes `a7`.
// A class that a script puts together keeps its name and the (short) mark of its file.
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const files = (dir) => readdirSync(dir).flatMap((name) => {
  const path = join(dir, name)
  return statSync(path).isDirectory() ? files(path) : [path]
})

export function compact(dir) {
  const all = files(dir)
  const text = new Map(all.filter((f) => /\.(js|wxml|wxss)$/.test(f)).map((f) => [f, readFileSync(f, 'utf8')]))
  // Names begin with a letter that no name of ours and of uni-app begins with alone: z1, z2, …
  let count = 0
  const next = () => `z${(count += 1).toString(36)}`
  for (const wxml of all.filter((f) => f.endsWith('.wxml'))) {
    const [js, wxss] = [wxml.replace(/wxml$/, 'js'), wxml.replace(/wxml$/, 'wxss')]
    const mark = /data-v-[0-9a-f]{8}/.exec(text.get(js) ?? '')?.[0]
    if (!mark) continue
    let markup = text.get(wxml), style = existsSync(wxss) ? text.get(wxss) : ''
    // Where no class is put together in the markup, the script names none.
    const moving = !/class="[^"]*\{\{/.test(markup) ? '' : (text.get(js) ?? '') + [...markup.matchAll(/class="[^"]*\{\{.*?\}\}[^"]*"/g)].map(([m]) => m).join()
    const styled = new Set([...style.matchAll(/\.([a-zA-Z][\w-]*)/g)].map(([, name]) => name).filter((name) => name !== mark))
    const short = new Map()
    for (const name of styled) {
      if (!new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(moving) && !/-$/.test(name) && ![...moving.matchAll(/["'`]([a-z]+-)["'`]/g)].some(([, p]) => name.startsWith(p))) short.set(name, next())
    }
    const scope = next()
    // Every rule of a scoped style ends in the mark. Short names are one file's own, so they need none.
    style = style.replace(/[^{},]+(?=[,{])/g, (selector) => {
      if (!selector.includes(mark)) return selector
      const own = selector.replace(/\.([a-zA-Z][\w-]*)/g, (all, name) => (short.has(name) ? `.${short.get(name)}` : all))
      const last = own.split(/(?<=[\s>+~])/).pop()
      return own.replaceAll(`.${mark}`, /\.z\w+/.test(last.replace(`.${mark}`, '')) ? '' : `.${scope}`)
    })
    const marked = style.includes(`.${scope}`)
    markup = markup.replace(/ class="([^"{]*)"/g, (_, names) => {
      const own = names.split(/\s+/).filter((n) => n && n !== mark)
      const kept = own.filter((n) => !short.has(n))
      const result = [...own.map((n) => short.get(n) ?? n), ...(marked && kept.some((n) => styled.has(n)) ? [scope] : [])]
      return result.length ? ` class="${result.join(' ')}"` : ''
    }).replaceAll(mark, scope)
    text.set(wxml, markup)
    if (style) text.set(wxss, style)
    text.set(js, text.get(js).replaceAll(mark, scope))
  }
  // Ids of components inside a template begin with the hash of its file: any short one of its own will do.
  const hashes = new Map()
  for (const content of text.values()) for (const [, hash] of content.matchAll(/["',]([0-9a-f]{8})-\d/g)) if (!hashes.has(hash)) hashes.set(hash, `y${hashes.size.toString(36)}`)
  // Values that a style shares: names are for people, and people read the source.
  const values = new Map()
  for (const [file, content] of text) if (file.endsWith('.wxss')) for (const [name] of content.matchAll(/--[a-z][a-z-]+/g)) if (!name.startsWith('--window') && !values.has(name)) values.set(name, `--${values.size.toString(36)}_`)
  for (const [name] of [...values].sort(([a], [b]) => b.length - a.length)) {
    for (const [file, content] of text) text.set(file, content.replace(new RegExp(`${name}(?![\\w-])`, 'g'), values.get(name)))
  }
  for (const [file, content] of text) {
    // WeChat's engines know masks with the prefix only or with it too, and none is Firefox.
    if (file.endsWith('.wxss')) text.set(file, content.replace(/(?<=[{;])(?:-moz-[a-z-]+|mask(?:-[a-z]+)?):(?:[^;}"(]|"[^"]*"|\((?:[^()]|\([^()]*\))*\))*;?/g, ''))
    if (file.endsWith('.js')) text.set(file, content.replace(/\b__name:"\w+",/g, ''))
  }
  for (const [file, content] of text) {
    writeFileSync(file, content.replace(/(?<=["',])([0-9a-f]{8})(?=-\d)/g, (all, hash) => hashes.get(hash) ?? all))
  }
  // Components are named once for all instead of in each file that shows one.
  const app = JSON.parse(readFileSync(join(dir, 'app.json'), 'utf8'))
  app.usingComponents = {}
  for (const file of all.filter((f) => f.endsWith('.json') && existsSync(f.replace(/json$/, 'wxml')))) {
    const json = JSON.parse(readFileSync(file, 'utf8'))
    for (const [name, path] of Object.entries(json.usingComponents ?? {})) {
      app.usingComponents[name] = '/' + relative(dir, path.startsWith('/') ? join(dir, path) : join(dirname(file), path)).split('\\').join('/')
    }
    delete json.usingComponents
    writeFileSync(file, JSON.stringify(json))
  }
  writeFileSync(join(dir, 'app.json'), JSON.stringify(app))
}
