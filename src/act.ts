// Answers a request for which a version is chosen: with a file of this version, its service, a file of
// another version that visitors had, or the version's page for "not found".

import type { Assets } from './assets/assets.ts'
import type { ElsewhereFile } from './assets/elsewhere.ts'
import { comesBeforeService, isNoAnswer, toFileFilter } from './assets/lookup.ts'
import type { ServeResult } from './assets/serve.ts'
import { maySee } from './core/pins.ts'
import { isForFewEyes, listGranted } from './core/previews.ts'
import { isAmbiguous, matchService } from './core/services.ts'
import type { Manifest } from './core/site/manifest.ts'
import type { Intent } from './core/site/resolve.ts'
import type { Decision, Service } from './core/types.ts'
import type { CompiledAssignments } from './document/compile.ts'
import { toFlagsHeader } from './flags/carried.ts'
import type { CountFlag } from './flags/evaluate.ts'
import { errorResponse } from './http/errors.ts'
import type { Facts } from './http/facts.ts'
import { type Insertion, toKey } from './http/insertion.ts'
import { changePage } from './http/service-page.ts'
import { type Stamp, toTiming } from './http/stamp.ts'
import type { WatchedBody } from './metrics/bodies.ts'
import { isSentElsewhere } from './metrics/met.ts'
import type { CountedReply } from './metrics/observed.ts'
import { forwardCopy, forwardRequest } from './proxy/forward.ts'
import type { Backends } from './proxy/origins.ts'
import { isWebSocketUpgrade } from './proxy/request-headers.ts'

/** A reply with mutable headers, its Server-Timing metrics, and what the counters record of it. */
export type ActResult = {
  readonly response: Response
  readonly timing: readonly string[]
  readonly counted: Pick<CountedReply, 'source' | 'service' | 'isNamed' | 'leadsElsewhere'>
  /** Whether the reply has the stamp of its version. */
  readonly isStamped?: boolean | undefined
  /** What somebody wants to know of the reply's body; only of the chosen version's own service. */
  readonly watched?: WatchedBody | undefined
  /** Whether the body has the encoding that the backend gave it (`isRaw`). */
  readonly isRaw?: boolean
}

export type ActOptions = {
  readonly request: Request
  readonly requestId: string
  readonly facts: Facts
  readonly decision: Decision
  readonly assignments: CompiledAssignments
  readonly assets: Assets
  readonly backends: Backends
  readonly ctx: Pick<ExecutionContext, 'waitUntil'>
  /** Asked only if a service answers. */
  readonly toWatched: () => WatchedBody | undefined
  /** What replies of the version say alike; `undefined` if this one has to say something else. */
  readonly stamp: Stamp | undefined
  /** What the reply gets if it is a page. */
  readonly insertions: readonly Insertion[]
  /** Told of the flags whose values a backend gets. */
  readonly countFlag: CountFlag
  /** Whether this is a copy of a request: nobody gets the reply. See ask-other.ts. */
  readonly isCopy?: boolean
}

/**
 * The order of sources. A service with a longer prefix than `/` comes before files of other versions
 * and fallbacks. A service with the prefix `/` could answer every request: it comes after code and media
 * of other versions whose names change with their content, and before all other files of other versions,
 * which are only served when the service has no answer.
 *
 * @returns no promise for a file whose manifest and bytes are in memory.
 */
export function act(situation: ActOptions): ActResult | Promise<ActResult> {
  const { request, facts, decision, assets } = situation
  const { version } = decision
  const service = matchService(version.services, facts.path)
  const isRead = (facts.method === 'GET' || facts.method === 'HEAD') && !isWebSocketUpgrade(request)
  if (!isRead) return service ? forward(situation, service) : serveOwn(situation)
  if (service && assets.isServiceAlone(version, service.prefix)) return forward(situation, service)
  const manifest = assets.peek(version)
  return manifest ? actWith(manifest, situation, service) : actAfterReading(situation, service)
}

async function actAfterReading(
  situation: ActOptions,
  service: Service | undefined,
): Promise<ActResult> {
  const { decision, assets, ctx } = situation
  return actWith(await assets.open(decision.version, ctx), situation, service)
}

function actWith(
  manifest: Manifest | 'unavailable',
  situation: ActOptions,
  service: Service | undefined,
): ActResult | Promise<ActResult> {
  const { request, facts, assets } = situation
  const own = manifest === 'unavailable' ? undefined : assets.findOwn(manifest, facts.path, request)
  if (own && manifest !== 'unavailable') return serveFrom(manifest, situation, own, isFile(own))
  return actWithout(manifest, situation, service)
}

/** The version itself has no answer, or it is not known whether it has one. */
async function actWithout(
  manifest: Manifest | 'unavailable',
  situation: ActOptions,
  service: Service | undefined,
): Promise<ActResult> {
  const { request, facts, assets, ctx } = situation
  if (service && service.prefix !== '/') return forward(situation, service)
  const elsewhere = await findElsewhere(situation, manifest !== 'unavailable')
  const found = elsewhere === 'unavailable' ? undefined : elsewhere
  if (found && (!service || comesBeforeService(found.entry))) return serve(situation, found)
  // Without the manifest it is not known whether a script is a file of the version, so a script is not
  // forwarded. A page is.
  const isUnknown = manifest === 'unavailable' && facts.kind === 'subresource'
  if (service && !isUnknown) {
    const forwarded = await forward(situation, service)
    if (!found || !isNoAnswer(forwarded.response, request.headers)) return forwarded
    ctx.waitUntil(forwarded.response.body?.cancel().catch(() => undefined) ?? Promise.resolve())
    const served = await serve(situation, found)
    return { ...served, timing: [...forwarded.timing, ...served.timing] }
  }
  if (manifest === 'unavailable' || elsewhere === 'unavailable') {
    return fail(situation, 'storage_unavailable')
  }
  const fallback = assets.findFallback(manifest, facts)
  return fallback ? serveFrom(manifest, situation, fallback) : fail(situation, 'not_found')
}

/** A file of another version, if the request accepts one. */
async function findElsewhere(
  { request, facts, decision, assignments, assets, ctx }: ActOptions,
  isSure: boolean,
): Promise<ElsewhereFile | undefined | 'unavailable'> {
  // A request that asks for the current version must not be answered by another one.
  if (facts.watch === 'worker' || facts.watch === 'poll') return undefined
  const wanted = toFileFilter(facts, request.headers, isSure)
  if (!wanted) return undefined
  const { searched, searchedIn, hosts, revision } = assignments
  const hosted = hosts.get(facts.host)
  const open = (hosted && searchedIn.get(hosted.name)) ?? searched
  // A file that a grant shows must be in no reply to somebody who is on the public site.
  const isGranted = isForFewEyes(facts, decision, assignments)
  const granted = isGranted ? listGranted(facts, assignments) : []
  const versions = granted.length > 0 ? [...new Set([...granted, ...open])] : open
  const others = isSure ? versions.filter((other) => other !== decision.version) : versions
  return assets.findElsewhere(facts.path, others, wanted, revision, ctx)
}

/**
 * Answers methods other than GET and HEAD, and upgrades, for which there is no service: 405 at the path
 * of a file (an upgrade gets the file as usual), otherwise 404.
 */
async function serveOwn(situation: ActOptions): Promise<ActResult> {
  const { request, facts, decision, assets, ctx } = situation
  const manifest = await assets.open(decision.version, ctx)
  if (manifest === 'unavailable') return fail(situation, 'storage_unavailable')
  const own = assets.findOwn(manifest, facts.path, request)
  return own ? serve(situation, own, isFile(own)) : fail(situation, 'not_found')
}

/** @param isNamed whether the chosen version itself has the file. */
function serve(
  situation: ActOptions,
  intent: Intent,
  isNamed = false,
): ActResult | Promise<ActResult> {
  const { request, requestId, assets, ctx, insertions, stamp } = situation
  const served = assets.serve(intent, request, requestId, ctx, insertions, stamp)
  return served instanceof Promise
    ? served.then((result) => toActed(result, isNamed))
    : toActed(served, isNamed)
}

function toActed({ response, source, isStamped }: ServeResult, isNamed: boolean): ActResult {
  const counted = { source, service: undefined, isNamed }
  return { response, timing: [toTiming('holo-bytes', source)], counted, isStamped }
}

/** The same for an intent of the chosen version's manifest; what a page loads is read behind its reply. */
function serveFrom(
  manifest: Manifest,
  situation: ActOptions,
  intent: Intent,
  isNamed = false,
): ActResult | Promise<ActResult> {
  const served = serve(situation, intent, isNamed)
  const { request, facts, assets, ctx, isCopy = false } = situation
  // A page in a frame or fetched in advance may never be looked at. Who asks whether a page has changed
  // has its files.
  const isOpened = facts.kind === 'document' && !request.headers.has('if-none-match')
  if (isOpened && !facts.crawler && !isCopy) assets.warm(manifest, intent, request, ctx)
  return served
}

function isFile(intent: Intent): boolean {
  return intent.kind === 'file' && intent.status === 200
}

async function forward(situation: ActOptions, service: Service): Promise<ActResult> {
  const { request, requestId, facts, decision, assignments, backends, toWatched } = situation
  const { insertions, isCopy = false } = situation
  const { version } = decision
  if (isAmbiguous(version.services, facts.path)) return fail(situation, 'bad_path')
  const watched = toWatched()
  const pageKey = insertions.length > 0 && !isCopy ? toKey(insertions) : undefined
  // A page is decoded, so that something can be put into it.
  const raw = pageKey === undefined && isRaw(watched)
  const began = Date.now()
  const send = isCopy ? forwardCopy : forwardRequest
  const sent = await send(
    {
      request,
      path: facts.path + facts.search,
      service,
      fallback: findFallback(situation, service),
      identity: toIdentity(situation),
      requestId,
      loopId: assignments.loopId,
      isRaw: raw,
      pageKey,
    },
    backends,
  )
  const { fellBackFor, own } = sent
  const response =
    pageKey === undefined ? sent.response : await changePage(sent.response, situation, pageKey)
  const timing = [`holo-origin;dur=${Date.now() - began}`]
  const source = fellBackFor === undefined ? 'service' : 'fallback'
  const counted = { source, service: own, isNamed: false } as const
  if (fellBackFor === undefined) {
    if (own?.status === undefined) return { response, timing, counted }
    const leadsElsewhere = isSentElsewhere(response, request.url, service)
    return { response, timing, counted: { ...counted, leadsElsewhere }, watched, isRaw: raw }
  }
  const instead = `${service.prefix} of environment ${service.fallback}`
  console.warn(
    `request ${requestId}: version ${version.id} failed (${fellBackFor}), ${instead} answered`,
  )
  return { response, timing: [...timing, `holo-fallback;desc="${fellBackFor}"`], counted }
}

/** The headers in which a backend is told who the visitor is. */
function toIdentity(situation: ActOptions): Record<string, string> {
  const { facts, decision, assignments, countFlag, isCopy = false } = situation
  const { backend } = assignments.expose
  const identity: Record<string, string> = {}
  if (backend.has('version')) identity['Holo-Version'] = decision.version.id
  if (backend.has('environment')) identity['Holo-Environment'] = decision.environment
  if (backend.has('visitor') && !facts.anonymous) identity['Holo-Visitor'] = facts.visitor
  Object.assign(
    identity,
    toFlagsHeader(facts, decision, assignments, isCopy ? undefined : countFlag),
  )
  if (isCopy) identity['Holo-Copy'] = '1'
  return identity
}

/** What the counters record of a reply. */
export function toCountedReply({ response, counted }: ActResult, method: string): CountedReply {
  const { status, headers } = response
  // The body is not looked at: the platform makes a stream of it when it is first read.
  const hasBody = method !== 'HEAD' && !BODILESS.has(status)
  const length = hasBody ? Number(headers.get('content-length')) : 0
  const { source, service, isNamed, leadsElsewhere = false } = counted
  const bytes = Number.isSafeInteger(length) ? length : 0
  return { source, service, isNamed, leadsElsewhere, status, bytes }
}

/** Statuses of replies without a body, whatever their Content-Length says (RFC 9110 section 6.4.1). */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304])

/**
 * Whether a watched body keeps the backend's encoding. One that is searched for an error has to be
 * decoded, and is encoded again for the client.
 */
export function isRaw(watched: WatchedBody | undefined): boolean {
  return watched !== undefined && watched.errorAt === undefined
}

/**
 * The service that answers instead of one that is down: that of the fallback environment for the same
 * path, if it has the same prefix and this request may see the version of that environment. So a
 * restricted preview never answers for the site. The reply is counted for the chosen version.
 */
function findFallback(
  { facts, decision, assignments }: ActOptions,
  { prefix, fallback }: Service,
): Service | undefined {
  const environment = fallback === undefined ? undefined : assignments.environments.get(fallback)
  if (!environment || environment.version === decision.version) return undefined
  if (!maySee(environment.version, assignments, facts)) return undefined
  const { services } = environment.version
  const service = matchService(services, facts.path)
  return service?.prefix === prefix && !isAmbiguous(services, facts.path) ? service : undefined
}

function fail(
  { requestId }: ActOptions,
  code: 'bad_path' | 'storage_unavailable' | 'not_found',
): ActResult {
  const counted = { source: 'none', service: undefined, isNamed: false } as const
  return { response: errorResponse(code, requestId), timing: [], counted }
}
