// Asks a version for a path as the edge would, without visitors: its own file from R2, or the origin of its
// service. Files of other versions, `_headers`, Holo's own replies and what is put into pages are left out.

import { normalisePath } from '../../core/path.ts'
import { readsBody, type SmokeReply, type SmokeRequest } from '../../core/rollout/smoke.ts'
import {
  checkBackendPath,
  findBoundWorker,
  isAmbiguous,
  matchService,
  splitOrigin,
  toBackendPath,
  toStripped,
} from '../../core/services.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import { MAX_MANIFEST_BYTES } from '../../core/site/manifest-limits.ts'
import { resolveByRules } from '../../core/site/redirects.ts'
import { type Intent, resolveFallback } from '../../core/site/resolve.ts'
import type { Service } from '../../core/types.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { compileService } from '../../document/compile.ts'
import { checkOrigin } from '../../document/origin.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'
import type { Fetch } from '../webhooks/pulling.ts'

/** So much of a body is looked at. */
export const MAX_SMOKE_BODY_BYTES = 262_144

/** Lets backends recognise smoke requests and leave them out of their statistics. */
const USER_AGENT = 'Holo-Smoke/1 (+smoke requests of a rollout)'

/** The host in URLs that have none of their own. */
const NO_HOST = 'https://smoke.holo.invalid'
const BINDING = 'service:'

export type AskVersionDeps = {
  readonly bucket: Pick<R2Bucket, 'get'>
  /** All bindings by name, bound Workers among them. */
  readonly bindings: object
  readonly fetch: Fetch
  readonly allowInsecure: boolean
}

/** The version that is asked, opened once for all requests. */
export type AskedVersion = {
  readonly services: readonly Service[]
  /** Why it cannot be read, in words. */
  readonly manifest: Manifest | string
}

const MANIFEST_TIMEOUT_MS = 10_000

/** Never throws. */
export async function openVersion(
  { manifest, services }: AssignmentsDocument['versions'][string],
  { bucket }: AskVersionDeps,
): Promise<AskedVersion> {
  const compiled = (services ?? [])
    .map(compileService)
    .sort((one, other) => other.prefix.length - one.prefix.length)
  return { services: compiled, manifest: await readManifest(bucket, manifest) }
}

async function readManifest(bucket: Pick<R2Bucket, 'get'>, hash: string) {
  try {
    const read = async () => {
      const stored = await bucket.get(`manifests/${hash}`)
      if (!stored) return 'the list of its files is not in the store'
      if (stored.size > MAX_MANIFEST_BYTES) return 'the list of its files is too large'
      const opened = openManifest(new Uint8Array(await stored.arrayBuffer()))
      return opened.ok ? opened.value : 'the list of its files is damaged'
    }
    return await withTimeout(read(), MANIFEST_TIMEOUT_MS)
  } catch (cause) {
    console.error(`manifest ${hash} could not be read`, cause)
    return 'the list of its files could not be read'
  }
}

/** Makes one request, for at most `timeoutMs`. Never throws. */
export async function askVersion(
  version: AskedVersion,
  request: SmokeRequest,
  timeoutMs: number,
  deps: AskVersionDeps,
): Promise<SmokeReply> {
  const { services, manifest } = version
  const { method } = request
  const url = URL.parse(request.path, NO_HOST)
  const path = url && normalisePath(url)
  if (!url || !path) return { why: 'the path cannot be served' }
  const service = matchService(services, path)
  const forward = (to: Service) =>
    isAmbiguous(services, path)
      ? toReply(400)
      : askService(to, path + url.search, request, timeoutMs, deps)
  if (method === 'OPTIONS' && service) return forward(service)
  const isOpen = typeof manifest !== 'string'
  const own = isOpen ? resolveByRules(manifest, path) : undefined
  if (own) return serve(own, request, timeoutMs, deps)
  // As at the edge, a service answers although the files of its version cannot be read.
  if (service) return forward(service)
  if (!isOpen) return { why: manifest }
  const page = resolveFallback(manifest, { method, path, kind: 'unknown' })
  return page ? serve(page, request, timeoutMs, deps) : toReply(404)
}

function toReply(status: number, headers: Record<string, string> = {}, body = ''): SmokeReply {
  return { status, header: (name) => headers[name.toLowerCase()] ?? null, body }
}

async function serve(
  intent: Intent,
  request: SmokeRequest,
  timeoutMs: number,
  { bucket }: AskVersionDeps,
): Promise<SmokeReply> {
  if (intent.kind === 'moved') {
    const { to, status } = intent.redirection
    return toReply(status, { location: to })
  }
  if (request.method === 'OPTIONS') return toReply(204)
  if (intent.kind === 'redirect') return toReply(intent.status, { location: intent.path })
  const { entry, status } = intent
  const headers = { 'content-type': entry.type }
  try {
    const range = { offset: 0, length: MAX_SMOKE_BODY_BYTES }
    const read = async () => {
      const stored = await bucket.get(`blobs/${entry.blob}`, { range })
      if (!stored) return undefined
      if (readsBody(request)) return stored.text()
      await stored.body.cancel()
      return ''
    }
    const body = await withTimeout(read(), timeoutMs)
    return body === undefined
      ? { why: 'the file is not in the store' }
      : toReply(status, headers, body)
  } catch (cause) {
    console.error(`blob ${entry.blob} could not be read`, cause)
    return { why: 'the file could not be read' }
  }
}

/** Redirects are not followed and caches are not used. */
async function askService(
  service: Service,
  path: string,
  request: SmokeRequest,
  timeoutMs: number,
  { bindings, fetch, allowInsecure }: AskVersionDeps,
): Promise<SmokeReply> {
  const origin = service.origins[0] ?? ''
  if (checkOrigin(origin, allowInsecure) !== undefined) return { why: 'its origin is refused' }
  const { address, basePath } = splitOrigin(origin)
  const isBinding = address.startsWith(BINDING)
  const worker = isBinding ? findBoundWorker(bindings, address.slice(BINDING.length)) : undefined
  if (isBinding && !worker) return { why: 'no Worker is bound under the name of its origin' }
  const backendPath = toBackendPath(path, toStripped(service))
  // What the edge refuses, no visitor gets either.
  const refusal = checkBackendPath(backendPath, basePath)
  if (refusal) return toReply(refusal === 'not_found' ? 404 : 400)
  const url = (isBinding ? NO_HOST : address) + basePath + backendPath
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  const options: RequestInit = {
    method: request.method,
    headers: { accept: '*/*', ...request.headers, 'user-agent': USER_AGENT },
    redirect: 'manual',
    cache: 'no-store',
    signal: abort.signal,
  }
  try {
    const response = await (worker ? worker.fetch(url, options) : fetch(url, options))
    const { status, headers } = response
    const body = await readStart(response, request)
    return { status, header: (name) => headers.get(name), body }
  } catch (cause) {
    if (abort.signal.aborted) return { why: `no answer within ${timeoutMs / 1000} s` }
    console.warn(`a smoke request to ${origin} failed`, cause)
    return { why: 'its service cannot be reached' }
  } finally {
    clearTimeout(timer)
  }
}

/** The beginning of a body, if it is looked at. */
async function readStart({ body }: Response, request: SmokeRequest): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const reader = body.getReader()
  while (readsBody(request) && bytes < MAX_SMOKE_BODY_BYTES) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    const kept = (value as Uint8Array).subarray(0, MAX_SMOKE_BODY_BYTES - bytes)
    bytes += kept.byteLength
    text += decoder.decode(kept, { stream: true })
  }
  void Promise.allSettled([reader.cancel()])
  return text
}
