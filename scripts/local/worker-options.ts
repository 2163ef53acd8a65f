// What wrangler.toml says of the Worker, in the form that miniflare takes. wrangler itself has a function for
// that, but loading wrangler takes longer than all the rest of a start: it is asked only when wrangler.toml
// has something that is not read here, or when files beside it add variables.

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parse } from 'smol-toml'
import * as z from 'zod'

type Wrangler = typeof import('wrangler')
export type WorkerOptions = Partial<
  ReturnType<Wrangler['unstable_getMiniflareWorkerOptions']>['workerOptions']
>

/** Variables that wrangler adds to those of wrangler.toml. */
const FILES_OF_VARIABLES = ['.dev.vars', '.env', '.env.local']

const config = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  keep_names: z.boolean(),
  kv_namespaces: z.array(z.strictObject({ binding: z.string(), id: z.string().optional() })),
  r2_buckets: z.array(z.strictObject({ binding: z.string(), bucket_name: z.string().optional() })),
  durable_objects: z.strictObject({
    bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })),
  }),
  migrations: z.array(z.strictObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()) })),
  triggers: z.strictObject({ crons: z.array(z.string()) }),
  vars: z.record(z.string(), z.string()),
})

/** @param path of wrangler.toml */
export function readWorkerOptions(path: string): WorkerOptions {
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
