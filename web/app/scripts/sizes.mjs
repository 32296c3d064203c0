// What a phone loads: `node scripts/sizes.mjs [h5] [mp]` (both where not said). Exit code 1 when a limit is passed.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const H5_FIRST_GZIP = 90 * 1024
const MP_RAW = 200 * 1024
const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')
const files = (dir) => readdirSync(dir).flatMap((name) => {
  const path = join(dir, name)
  return statSync(path).isDirectory() ? files(path) : [path]
})
const kb = (bytes) => `${Math.floor(bytes / 1024)}.${Math.floor(((bytes % 1024) * 10) / 1024)} KB`
const gzip = (path) => gzipSync(readFileSync(path), { level: 9 }).length
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)
let over = false
function line(name, bytes, limit) {
  const bad = limit !== undefined && bytes > limit
  over ||= bad
  console.log(`${name.padEnd(46)} ${kb(bytes).padStart(10)}${limit === undefined ? '' : `  of ${kb(limit)}${bad ? '  TOO LARGE' : ''}`}`)
}

/** The page, what it names, what that imports at once, and one of our pages with all that it asks for. */
function h5() {
  const dir = join(root, 'build/h5')
  if (!existsSync(join(dir, 'index.html'))) return console.log('H5: not built (npm run build:h5)')
  const text = (path) => readFileSync(path, 'utf8')
  const reach = (paths, seen = new Set()) => {
    for (const path of paths) {
      if (seen.has(path) || !existsSync(path)) continue
      seen.add(path)
      if (path.endsWith('.js')) reach([...text(path).matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)].map(([, to]) => join(dirname(path), to)), seen)
    }
    return seen
  }
  const html = text(join(dir, 'index.html'))
  const shell = reach([join(dir, 'index.html'), ...[...html.matchAll(/(?:src|href)="\/app\/([^"]+)"/g)].map(([, to]) => join(dir, to))])
  // Vite's map of what each page needs: names in one list, numbers of it where the page is asked for.
  const entry = [...shell].filter((f) => f.endsWith('.js')).map(text).join('\n')
  const names = JSON.parse(/viteFileDeps\s*=\s*(\[[^\]]*\])/.exec(entry)?.[1] ?? '[]')
  let most = { name: '', bytes: 0 }
  for (const [, page, numbers] of entry.matchAll(/import\("\.\/(pages-[^"]+\.js)"\)[^[]{0,60}__vite__mapDeps\(\[([\d,]*)\]\)/g)) {
    const needs = [`assets/${page}`, ...numbers.split(',').filter(Boolean).map((n) => names[n])].map((n) => join(dir, n.replace(/^(\/app\/|\.\/)/, '')))
    const bytes = sum([...reach(needs, new Set(shell))].map(gzip))
    if (bytes > most.bytes) most = { name: page.split('.')[0], bytes }
  }
  if (!most.bytes) throw new Error('no page found in the build: Vite writes its map differently now')
  line('H5 shell, gzip', sum([...shell].map(gzip)))
  line(`H5 first load, ${most.name}, gzip`, most.bytes, H5_FIRST_GZIP)
  line('H5 everything, gzip', sum(files(dir).map(gzip)))
}

function mp() {
  const built = [join(root, 'build/mp-weixin'), ...(existsSync(join(root, 'mp')) ? readdirSync(join(root, 'mp')).map((n) => join(root, 'mp', n)) : [])].filter(existsSync)
  if (!built.length) return console.log('mini program: not built (npm run build:mp -- --program …)')
  for (const dir of built) line(`mini program ${dir.split('/').pop()}, raw`, sum(files(dir).map((f) => statSync(f).size)), MP_RAW)
}

const wanted = process.argv.slice(2)
if (!wanted.length || wanted.includes('h5')) h5()
if (!wanted.length || wanted.includes('mp')) mp()
process.exit(over ? 1 : 0)
