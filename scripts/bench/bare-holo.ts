// Builds Holo for workerd without miniflare, with a site in memory instead of KV and R2.

import { readFile } from 'node:fs/promises'
import type { CollectedEnvironment } from '../../src/core/counting/batch.ts'
import { EVERYBODY } from '../../src/core/counting/limits.ts'
import { METRICS } from '../../src/core/counting/metrics.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { toCheckedForm } from '../../src/loading/checked.ts'
import { toSha256 } from '../../src/publish/content-hash.ts'
import { bundleWorker } from '../local/bundle.ts'
import { loadStoredSite, type Services } from './published.ts'
import { type SiteFiles, withSite } from './site.ts'
import { DEPLOYED, ROUTER, readDeployed, WORKERS } from './sources.ts'
import type { BareWorker } from './workerd.ts'

/** A replacement of metrics/counter.ts that counts nothing. */
const NO_COUNTER = `const nothing = () => undefined
export const createCounter = () => ({
  recorder: {
    recordAssigned: nothing, record: nothing, take: nothing, arrived: nothing, failed: nothing,
    collect: nothing, watchBody: nothing, recordBody: nothing, recordExposed: nothing, recordFlag: nothing,
  },
  flushLater: nothing,
})
export class SkippedRules {
  record() {}
}`

/** As a rollout asks for it that judges all metrics, of all visitors. */
const EVERYTHING: CollectedEnvironment = {
  key: 'a secret of the control',
  bound: EVERYBODY,
  metrics: Object.fromEntries(
    METRICS.map(({ name, edges }) => [name, (edges ?? [0]).map(() => EVERYBODY)]),
  ),
  allowance: { latency: 1.2 },
  segments: true,
}

type Options = {
  /** `visitors`: counts visitors as well, as during a rollout. `requests` when left out. */
  readonly counts?: 'nothing' | 'requests' | 'visitors'
  /** Fields of the document beside those of the site, or what makes them from it. */
  readonly document?: object | ((site: AssignmentsDocument) => object)
  /** Whether the validator has accepted the document before, as that of the control. */
  readonly isMarked?: boolean
  /** Whether the bundle also has what a deployment has besides the router: the control. */
  readonly isWhole?: boolean
}

/** Holo as it is deployed, except that its services may be on this machine. */
export async function buildHolo(
  files: SiteFiles,
  services: Services = [],
  { counts = 'requests', document, isMarked = false, isWhole = false }: Options = {},
): Promise<BareWorker> {
  const { assignments, objects } = await withSite(files, (folder) =>
    loadStoredSite(folder, services),
  )
  const site: AssignmentsDocument = JSON.parse(assignments)
  const fields = typeof document === 'function' ? document(site) : document
  const text = fields ? JSON.stringify({ ...site, ...fields }) : assignments
  const { variables, ...compatibility } = readDeployed()
  return {
    modules: {
      'from-memory.js': await readFile(new URL('from-memory.js', WORKERS), 'utf8'),
      'confirming-control.js': await readFile(new URL('confirming-control.js', WORKERS), 'utf8'),
      'router.js': await bundleWorker(
        isWhole ? DEPLOYED : ROUTER,
        counts === 'nothing' ? { path: /\/metrics\/counter\.ts$/, text: NO_COUNTER } : undefined,
      ),
    },
    bindings: {
      ...variables,
      ALLOW_INSECURE_ORIGINS: 'true',
      ASSIGNMENTS: text,
      MARK: isMarked ? { form: toCheckedForm(true), digest: toSha256(Buffer.from(text)) } : null,
      COLLECTED: counts === 'visitors' ? { main: EVERYTHING } : {},
      OBJECTS: Object.fromEntries(
        [...objects].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
      ),
    },
    ...compatibility,
  }
}
