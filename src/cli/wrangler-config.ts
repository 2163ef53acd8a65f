// The wrangler.toml with which a project deploys the Worker of the package: how it is written, and what is wrong
// with one that is there. It belongs to the user: it is written once and never changed.

import { realpath } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { parse } from 'smol-toml'
import * as z from 'zod'
import { PACKAGE_NAME, PACKAGE_PATHS } from '../local/package-parts.ts'
import { CliFailure, EXIT, refused } from './failure.ts'
import { makeWranglerToml } from './wrangler-template.ts'

export const DEFAULT_WORKER_NAME = 'holo'

/** As Cloudflare has them. */
export const WORKER_NAME = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$|^[a-z0-9]$/

/** The file of a new deployment, below `folder`. */
export async function renderConfig(root: string, folder: string, name: string): Promise<string> {
  const path = await findPackage(root, await realpath(folder))
  return makeWranglerToml(root, name, path.replaceAll('\\', '/'))
}

/** The path from `folder` to the package, by the name under which the project has installed it. */
async function findPackage(root: string, folder: string): Promise<string> {
  const wanted = await realpath(root)
  for (let above = folder; ; above = dirname(above)) {
    const installed = join(above, 'node_modules', PACKAGE_NAME)
    if ((await realpath(installed).catch(() => undefined)) === wanted) {
      return relative(folder, installed)
    }
    if (dirname(above) === above) break
  }
  if (!/[\\/]_npx[\\/]/.test(root)) return relative(folder, wanted)
  throw refused(
    'not_installed',
    `the project has not installed ${PACKAGE_NAME}, whose Worker is deployed`,
    {
      hint: `install it: npm install --save-dev ${PACKAGE_NAME}`,
    },
  )
}

const bound = z.looseObject({ binding: z.string().optional() })

/** What this command has to know of a wrangler.toml. */
const shape = z.looseObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  no_bundle: z.boolean().optional(),
  assets: z
    .looseObject({
      directory: z.string(),
      binding: z.string(),
      run_worker_first: z.unknown(),
      html_handling: z.string(),
      not_found_handling: z.string(),
    })
    .partial()
    .default({}),
  kv_namespaces: z.array(bound).default([]),
  r2_buckets: z.array(bound).default([]),
  durable_objects: z
    .looseObject({ bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  migrations: z.array(z.looseObject({ tag: z.string() })).default([]),
  triggers: z.looseObject({ crons: z.array(z.string()).default([]) }).default({ crons: [] }),
})

type WranglerConfig = z.output<typeof shape>
type Fault = { readonly path: string; readonly message: string }

/**
 * Checks that a file deploys the Worker of this package as this release needs it.
 *
 * @param file the path as it is shown.
 * @returns the name of the Worker.
 * @throws CliFailure that lists what has to be changed.
 */
export async function checkConfig(
  text: string,
  file: string,
  folder: string,
  root: string,
): Promise<string> {
  const config = readConfig(text, file)
  const worker = join(root, PACKAGE_PATHS.worker)
  if (!config.main.replaceAll('\\', '/').endsWith(PACKAGE_PATHS.worker)) {
    throw refused('other_worker', `${file} is of another Worker, ${config.main}`, {
      hint: 'choose another file for Holo: holo deploy --wrangler wrangler.holo.toml',
    })
  }
  const faults = [
    ...(await toPathFaults(folder, 'main', config.main, worker)),
    ...(await toPathFaults(
      folder,
      'assets.directory',
      config.assets.directory,
      join(root, PACKAGE_PATHS.dashboard),
    )),
    ...findFaults(config, await makeWranglerToml(root, DEFAULT_WORKER_NAME, '.')),
  ]
  if (faults.length === 0) return config.name
  throw refused('outdated_config', `${file} is not what this release of Holo needs`, {
    problems: faults,
    hint: `change these lines; ${join(relative(folder, root), PACKAGE_PATHS.template)} shows them in their places`,
  })
}

/** @throws CliFailure when the text is not a configuration of a Worker. */
export function readConfig(text: string, file: string): WranglerConfig {
  let parsed: unknown
  try {
    parsed = parse(text)
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new CliFailure('misuse', EXIT.misuse, `${file} is not TOML: ${message}`)
  }
  const read = shape.safeParse(parsed)
  if (read.success) return read.data
  throw new CliFailure('misuse', EXIT.misuse, `${file} is not a wrangler.toml of a Worker`, {
    problems: read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  })
}

async function toPathFaults(
  folder: string,
  path: string,
  said: string | undefined,
  wanted: string,
): Promise<readonly Fault[]> {
  const real = (one: string) => realpath(one).catch(() => one)
  const found = said === undefined ? undefined : await real(resolve(folder, said))
  if (found === (await real(wanted))) return []
  const value = relative(await real(folder), wanted).replaceAll('\\', '/')
  return [{ path, message: `set it to "${value}"` }]
}

/**
 * What a configuration lacks, wherever the package is.
 *
 * @param template the text of a new one.
 */
export function findFaults(config: WranglerConfig, template: string): readonly Fault[] {
  const needed = shape.parse(parse(template))
  const { assets } = needed
  const names = (list: readonly { readonly binding?: string | undefined }[]) =>
    list.flatMap(({ binding }) => binding ?? [])
  const missing = (path: string, have: readonly string[], want: readonly string[]) =>
    want
      .filter((one) => !have.includes(one))
      .map((one) => ({ path, message: `has no ${JSON.stringify(one)}` }))
  const differs = (path: string, have: unknown, want: unknown) =>
    have === want ? [] : [{ path, message: `set it to ${JSON.stringify(want)}` }]
  const isOld = config.compatibility_date < needed.compatibility_date
  return [
    ...(isOld ? differs('compatibility_date', undefined, needed.compatibility_date) : []),
    ...missing('compatibility_flags', config.compatibility_flags, needed.compatibility_flags),
    ...differs('no_bundle', config.no_bundle, true),
    ...differs('assets.binding', config.assets.binding, assets.binding),
    ...differs('assets.run_worker_first', config.assets.run_worker_first, assets.run_worker_first),
    ...differs('assets.html_handling', config.assets.html_handling, assets.html_handling),
    ...differs(
      'assets.not_found_handling',
      config.assets.not_found_handling,
      assets.not_found_handling,
    ),
    ...missing('kv_namespaces', names(config.kv_namespaces), names(needed.kv_namespaces)),
    ...missing('r2_buckets', names(config.r2_buckets), names(needed.r2_buckets)),
    ...missing(
      'durable_objects.bindings',
      config.durable_objects.bindings.map(({ name }) => name),
      needed.durable_objects.bindings.map(({ name }) => name),
    ),
    ...missing(
      'migrations',
      config.migrations.map(({ tag }) => tag),
      needed.migrations.map(({ tag }) => tag),
    ),
    ...missing('triggers.crons', config.triggers.crons, needed.triggers.crons),
  ]
}
