// compress.mjs <folder>: writes the brotli twin of every text file of a build, so that the server need not.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

const TEXT = /\.(html|js|mjs|css|svg|json|webmanifest|txt)$/
const SMALLEST = 1024

const [, , root] = process.argv
if (!root) {
  console.error('compress.mjs: name the folder of a build')
  process.exit(2)
}
const walk = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
const files = walk(root)
for (const path of files.filter((f) => f.endsWith('.br'))) rmSync(path)
let before = 0
let after = 0
for (const path of files.filter((f) => TEXT.test(f))) {
  const bytes = readFileSync(path)
  if (bytes.length < SMALLEST) continue
  const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(`${path}.br`, small)
  before += bytes.length
  after += small.length
}
const kb = (n) => `${Math.round(n / 1024)} KB`
console.log(`${root}: ${kb(before)} of text, ${kb(after)} as brotli`)
