// `npm run build:worker`: builds what the package needs to run and deploy the Worker without its source: the bundle
// with its source map, what miniflare has to know of it, and the wrangler.toml of a deployment.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PACKAGE_PATHS } from '../src/local/package-parts.ts'
import { writeWorker } from './local/bundle.ts'
import { readWorkerOptions } from './local/worker-options.ts'
import { toTemplate } from './local/wrangler-template.ts'
import { noteInputs, toInputs } from './notices.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

rmSync(dirname(pathOf(PACKAGE_PATHS.worker)), { recursive: true, force: true })
const made = await writeWorker(pathOf('src/worker.ts'), pathOf(PACKAGE_PATHS.worker))
noteInputs(pathOf(''), 'worker', toInputs(made))
mkdirSync(pathOf('dist'), { recursive: true })
const toml = readFileSync(pathOf('wrangler.toml'), 'utf8')
writeFileSync(pathOf(PACKAGE_PATHS.template), toTemplate(toml))
// The folders of this checkout are not those of an installed package, which adds its own.
const {
  rootPath: _,
  assets: __,
  serviceBindings: ___,
  ...options
} = readWorkerOptions(pathOf('wrangler.toml'))
writeFileSync(pathOf(PACKAGE_PATHS.options), `${JSON.stringify(options, null, 2)}\n`)
