// Writes a ready mini-program folder for one program: dist/mp/{program}.
//   npm run build:mp -- --program fenxiang --server https://daogou.example
// Name, appid and colours come from the server; --appid, --name and --colour say them where it cannot be asked.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compact } from './compact.mjs'
import { crc32 } from './crc32.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const FLAGS = ['program', 'server', 'appid', 'name', 'colour']
const fail = (message) => {
  console.error(`build:mp: ${message}`)
  process.exit(2)
}

function flags(words) {
  const said = {}
  for (let i = 0; i < words.length; i += 1) {
    const [flag, inline] = words[i].split(/=(.*)/s)
    const name = flag.replace(/^--/, '')
    if (!flag.startsWith('--') || !FLAGS.includes(name)) fail(`unknown argument ${words[i]}; known: ${FLAGS.map((f) => `--${f}`).join(' ')}`)
    const value = inline ?? words[(i += 1)]
    if (!value || value.startsWith('--')) fail(`--${name} needs a value`)
    said[name] = value
  }
  return said
}

async function fromServer(server, program) {
  try {
    const answer = await fetch(`${server}/api/v1/public/programs/${encodeURIComponent(program)}`, { signal: AbortSignal.timeout(10_000) })
    if (answer.status === 404) return { problem: `${server} has no live program ${program}` }
    return answer.ok ? await answer.json() : { problem: `${server} answered ${answer.status}` }
  } catch (e) {
    return { problem: `${server} cannot be reached (${e.cause?.code ?? e.name})` }
  }
}

/** A colour that can be read on white, as the app itself darkens it. */
function ink(hex) {
  let c = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
  const light = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)
  for (let i = 0; i < 20 && 1.05 / (0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2]) + 0.05) < 4.6; i += 1) c = c.map((v) => v * 0.92)
  return '#' + c.map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')
}

/** Our icons have one colour in a palette and their shape in its transparency: only the palette changes. */
function recolour(path, hex) {
  const png = readFileSync(path)
  const rgb = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
  const at = png.indexOf('PLTE')
  if (at < 0) fail(`${path} has no palette`)
  const length = png.readUInt32BE(at - 4)
  for (let i = 0; i < length; i += 1) png[at + 4 + i] = rgb[i % 3]
  png.writeUInt32BE(crc32(png.subarray(at, at + 4 + length)), at + 4 + length)
  writeFileSync(path, png)
}

const said = flags(process.argv.slice(2))
if (!said.program) fail('--program is missing, for example --program fenxiang')
if (!/^[a-z][a-z0-9-]{1,30}$/.test(said.program)) fail(`${said.program} is no program code`)
if (!said.server) fail('--server is missing, for example --server https://daogou.example')
let server
try {
  const url = new URL(said.server)
  if (url.protocol !== 'https:' && !['127.0.0.1', 'localhost'].includes(url.hostname)) fail('--server must be https: WeChat asks nothing else')
  server = url.origin
} catch {
  fail(`--server ${said.server} is no address`)
}
const known = said.appid && said.name && said.colour ? {} : await fromServer(server, said.program)
const appid = said.appid ?? known.wechat_appid
const name = said.name ?? known.name
const colour = said.colour ?? known.theme_colour ?? '#e1251b'
if (!name) fail(`the name is not known: ${known.problem ?? 'the server does not say it'}; --name and --appid say it`)
if (!appid) fail(`${said.program} has no WeChat appid${known.problem ? ` (${known.problem})` : ''}; set it in the console or say --appid`)
if (!/^(wx[0-9a-z]{16}|touristappid)$/.test(appid)) fail(`${appid} is no WeChat appid (wx and 16 letters or digits)`)
if (!/^#[0-9a-f]{6}$/i.test(colour)) fail(`${colour} is no colour such as #e1251b`)

const out = join(root, 'dist/mp', said.program)
rmSync(out, { recursive: true, force: true })
const built = spawnSync(process.execPath, [join(root, 'node_modules/@dcloudio/vite-plugin-uni/bin/uni.js'), 'build', '-p', 'mp-weixin'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NODE_ENV: 'production', UNI_OUTPUT_DIR: out, DAOGOU_PROGRAM: said.program, DAOGOU_SERVER: server, DAOGOU_NAME: name, DAOGOU_COLOUR: colour },
})
if (built.status !== 0 || !existsSync(join(out, 'app.json'))) {
  console.error('build:mp: the build failed')
  process.exit(1)
}
compact(out)
const change = (file, edit) => {
  const path = join(out, file)
  const json = JSON.parse(readFileSync(path, 'utf8'))
  edit(json)
  writeFileSync(path, JSON.stringify(json))
}
change('project.config.json', (p) => {
  Object.assign(p, { appid, projectname: said.program, description: name })
  // Of DevTools' own windows, empty.
  for (const key of ['condition', 'packOptions', 'libVersion']) delete p[key]
})
change('app.json', (a) => {
  a.window.navigationBarTitleText = name
  a.tabBar.selectedColor = ink(colour)
})
const icons = join(out, 'static/tab')
for (const icon of readdirSync(icons).filter((f) => f.endsWith('-on.png'))) recolour(join(icons, icon), ink(colour))
console.log(`${name} (${said.program}), appid ${appid}, server ${server}\nopen in WeChat DevTools: ${out}`)
