// An installed package of Holo beside a wrangler that uploads nothing: it notes how it was called and what secrets it
// was given. Its folder is in STUB_FOLDER; STUB_TARGETS are its addresses, and STUB_FAILS is the call that fails.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toTemplate } from '../../scripts/local/wrangler-template.ts'

const WRANGLER = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
const { STUB_FOLDER, STUB_TARGETS, STUB_FAILS, WRANGLER_OUTPUT_FILE_PATH } = process.env
const args = process.argv.slice(2)
appendFileSync(STUB_FOLDER + '/calls', args.join(' ') + '\\n')
if (STUB_FAILS && args.join(' ').startsWith(STUB_FAILS)) process.exit(1)
const file = STUB_FOLDER + '/secrets.json'
const secrets = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
if (args[0] === 'deploy') {
  const targets = (STUB_TARGETS ?? '').split(',').filter(Boolean)
  const entries = [{ type: 'wrangler-session', version: 1 }, { type: 'deploy', version: 1, targets }]
  writeFileSync(WRANGLER_OUTPUT_FILE_PATH, entries.map((entry) => JSON.stringify(entry) + '\\n').join(''))
}
if (args[1] === 'list') {
  console.log(JSON.stringify(Object.keys(secrets).map((name) => ({ name, type: 'secret_text' }))))
}
if (args[1] === 'put') {
  secrets[args[2]] = readFileSync(0, 'utf8')
  writeFileSync(file, JSON.stringify(secrets))
}
`

/** @returns the folder of the package, which is installed in `folder`. */
export async function makePackage(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules')
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await writeFile(join(modules, name), text)
  }
  await write('holo-edge/package.json', '{}')
  await write('holo-edge/dist/wrangler.toml', toTemplate(await readFile('wrangler.toml', 'utf8')))
  await write('holo-edge/dist/worker/worker.js', 'export default {}')
  await write('holo-edge/dist/dashboard/index.html', '<!doctype html>')
  await write('wrangler/package.json', '{ "type": "module" }')
  await write('wrangler/bin/wrangler.js', WRANGLER)
  await write('miniflare/package.json', '{}')
  return join(modules, 'holo-edge')
}
