// What wrangler.toml says of the Worker, in the form that miniflare takes. wrangler itself has a function for
// that, but loading wrangler takes longer than all the rest of a start: it is asked only when wrangler.toml
// has something that is not read here, or when files beside it add variables.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'smol-toml'
import * as z from 'zod'
import type { WorkerOptions } from '../../src/local/edge.ts'

type Wrangler = typeof import('wrangler')

/** Variables that wrangler adds to those of wrangler.toml. */
const FILES_OF_VARIABLES = ['.dev.vars', '.env', '.env.local']

const config = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  minify: z.boolean(),
  upload_source_maps: z.boolean(),
  keep_names: z.boolean(),
  // The bundle of local runs does the same: bundle.ts.
  alias: z.record(z.string(), z.string()),
  build: z.strictObject({ command: z.string() }),
  assets: z.strictObject({
    directory: z.string(),
    binding: z.string(),
    run_worker_first: z.literal(true),
    html_handling: z.literal('none'),
    not_found_handling: z.literal('none'),
  }),
  kv_namespaces: z.array(z.strictObject({ binding: z.string(), id: z.string().optional() })),
  r2_buckets: z.array(z.strictObject({ binding: z.string(), bucket_name: z.string().optional() })),
  durable_objects: z.strictObject({
    bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })),
  }),
  migrations: z.array(z.strictObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()) })),
  triggers: z.strictObject({ crons: z.array(z.string()) }),
  vars: z.record(z.string(), z.string()),
})

/**
 * The options for miniflare. The files of the dashboard are a directory that the Worker reads through its binding
 * and no static assets: miniflare would put a router before the Worker, which changes the paths of requests.
 *
 * @param path of wrangler.toml
 */
export function readWorkerOptions(path: string): WorkerOptions {
  const { assets, ...options } = readOptions(path)
  const directory = (assets as { readonly directory?: string } | undefined)?.directory
  const files = directory === undefined ? undefined : resolve(dirname(path), directory)
  // An old checkout or a test may have none: the Worker then answers that there is no dashboard.
  if (files === undefined || !statSync(files, { throwIfNoEntry: false })?.isDirectory())
    return options
  const others = options.serviceBindings as object | undefined
  return { ...options, serviceBindings: { ...others, DASHBOARD: { disk: { path: files } } } }
}

function readOptions(path: string): WorkerOptions {
  const folder = dirname(path)
  const hasMoreVariables = FILES_OF_VARIABLES.some((name) => existsSync(join(folder, name)))
  const read = config.safeParse(parse(readFileSync(path, 'utf8')))
  if (read.success && !hasMoreVariables && process.env.CLOUDFLARE_ENV === undefined) {
    return toOptions(folder, read.data)
  }
  const wrangler: Wrangler = createRequire(import.meta.url)('wrangler')
  return wrangler.unstable_getMiniflareWorkerOptions(path).workerOptions
}

function toOptions(folder: string, read: z.infer<typeof config>): WorkerOptions {
  const withSqlite = read.migrations.flatMap(({ new_sqlite_classes }) => new_sqlite_classes)
  return {
    rootPath: folder,
    assets: { directory: read.assets.directory, binding: read.assets.binding },
    compatibilityDate: read.compatibility_date,
    compatibilityFlags: read.compatibility_flags,
    cronTriggers: read.triggers.crons,
    bindings: read.vars,
    kvNamespaces: Object.fromEntries(
      read.kv_namespaces.map(({ binding, id }) => [binding, { id: id ?? binding }]),
    ),
    r2Buckets: Object.fromEntries(
      read.r2_buckets.map(({ binding, bucket_name }) => [binding, { id: bucket_name ?? binding }]),
    ),
    durableObjects: Object.fromEntries(
      read.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: withSqlite.includes(class_name) },
      ]),
    ),
  }
}
