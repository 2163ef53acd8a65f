// Copies the requests of a sample to the services of another environment, and compares what these answer. The
// visitor's reply is neither read nor changed and does not wait: for a GET the base is asked again by a copy.
// docs/shadow.md describes it.

import type { ActOptions, ActResult } from './act.ts'
import { toRoute } from './core/counting/routes.ts'
import { toHex } from './core/hex.ts'
import { isAmbiguous, matchService } from './core/services.ts'
import type { ShadowAnswer } from './core/shadow/compare.ts'
import { isFailed, toOutcome } from './core/shadow/outcome.ts'
import { isBaseline, isShadowed, type ShadowPlan } from './core/shadow/plan.ts'
import type { ShadowSubject } from './core/shadow/reports.ts'
import type { ShadowOutcome } from './core/shadow/tally.ts'
import type { Decision, Environment, Service } from './core/types.ts'
import { withTimeout } from './core/with-timeout.ts'
import type { CompiledAssignments } from './document/compile.ts'
import { toFlagsHeader } from './flags/carried.ts'
import type { Recorder } from './metrics/recorder.ts'
import { isCopy } from './proxy/message.ts'
import { isWebSocketUpgrade } from './proxy/request-headers.ts'
import { askCopy } from './proxy/shadow/ask.ts'
import type { ShadowBudget } from './proxy/shadow/budget.ts'
import { type CopiedRequest, copyRequest } from './proxy/shadow/copy.ts'
import { type BaseAnswer, readAway, readBase, readBeside } from './proxy/shadow/read.ts'
import type { VisitorsFirst } from './proxy/shadow/visitors-first.ts'

type ShadowDeps = {
  readonly budget: ShadowBudget
  readonly visitorsFirst: Pick<VisitorsFirst, 'wait'>
  readonly recorder: Pick<Recorder, 'recordShadow'>
}

/** Who gets copies of a request. */
type Pair = {
  readonly plan: ShadowPlan
  readonly own: Service
  readonly theirs: Service
  readonly target: Environment
}

/**
 * Has to be called before the request is answered, because its body can be read only once. What is returned sends
 * the copies when the reply is there, and never throws; `undefined` if the request is not copied. It returns
 * `undefined` itself if there is no room for a copy: such a request, as most are, is counted and nothing else.
 */
export function prepareShadow(
  situation: ActOptions,
  { budget, visitorsFirst, recorder }: ShadowDeps,
): ((acted: ActResult) => Promise<void> | undefined) | undefined {
  const pair = findPair(situation)
  if (!pair) return undefined
  const { plan } = pair
  const { request, decision } = situation
  const body = request.body === null ? undefined : readCopy(request)
  const record: RecordOutcome = (outcome) =>
    recorder.recordShadow(toSubject(pair, situation), {
      ...outcome,
      at: Date.now(),
      request: situation.requestId.slice(0, 100),
    })
  const begin = () => {
    const begun = beginCopies(plan, decision.environment, budget)
    if (begun.length === 0) record({ counts: { skipped: plan.repeat } })
    return begun
  }
  const sendLater = async (send: () => Promise<void>) => {
    try {
      await visitorsFirst.wait()
      await send()
    } catch (cause) {
      console.warn(`request ${situation.requestId}: it could not be copied`, cause)
    }
  }
  return (acted) => {
    // A file, a fallback or a refusal says nothing about the service.
    if (acted.counted.source !== 'service' || !acted.counted.service) return undefined
    const begun = body ? [] : begin()
    if (!body && begun.length === 0) return undefined
    // Headers are changed once the reply goes out.
    const visitors = toVisitorsAnswer(acted, plan)
    if (body) {
      return sendLater(async () => {
        // A client may send the rest of its body very slowly.
        const sent = await withTimeout(body, plan.timeoutMs)
        if (sent) await copy(pair, situation, record, visitors, sent, begin())
      })
    }
    return sendLater(() => copy(pair, situation, record, visitors, undefined, begun))
  }
}

type RecordOutcome = (outcome: Omit<ShadowOutcome, 'at' | 'request'>) => void

/** Ends a copy that was begun. */
type End = () => void

/** The copies of a request for which there is room: at most `repeat`. */
function beginCopies(plan: ShadowPlan, environment: string, budget: ShadowBudget): End[] {
  const begun: End[] = []
  while (begun.length < plan.repeat) {
    const end = budget.begin(environment, plan)
    if (!end) break
    begun.push(end)
  }
  return begun
}

function findPair({ request, requestId, facts, decision, assignments }: ActOptions) {
  const { shadows, salt } = assignments
  if (shadows.size === 0) return undefined
  const plan = shadows.get(decision.environment)
  const { method, path } = facts
  if (!plan?.methods.has(method) || !plan.matchesPath(path)) return undefined
  const now = Date.now()
  if (now < plan.since || now >= plan.until) return undefined
  if (isCopy(request.headers) || isWebSocketUpgrade(request)) return undefined
  if (!hasCopiedBody(request, plan)) return undefined
  // Visitors without an identity have one in common, and would all be in the sample, or none of them.
  const id = plan.by === 'request' || facts.anonymous ? requestId : facts.visitor
  if (!isShadowed(salt, plan.percent, id)) return undefined
  const target = assignments.environments.get(plan.to)
  const source = assignments.environments.get(decision.environment)
  // An open tab of an older version has other services.
  if (!target || source?.version !== decision.version) return undefined
  if (target.version === decision.version) return undefined
  const own = findService(decision.version.services, path)
  const theirs = findService(target.version.services, path)
  return own && theirs ? { plan, own, theirs, target } : undefined
}

function findService(services: readonly Service[], path: string): Service | undefined {
  return isAmbiguous(services, path) ? undefined : matchService(services, path)
}

/** Whether the request has no body, or one that is announced and short enough. */
function hasCopiedBody({ method, headers, body }: Request, { maxBodyBytes }: ShadowPlan): boolean {
  if (body === null) return true
  if (method === 'GET' || method === 'HEAD') return false
  const length = headers.get('content-length')
  return length !== null && Number(length) <= maxBodyBytes
}

/** Reads the body beside the one that goes to the service; it is short. */
async function readCopy(request: Request): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await request.clone().arrayBuffer())
  } catch {
    // The client has left: there is nothing to copy.
    return undefined
  }
}

function toVisitorsAnswer({ response, counted }: ActResult, { compare }: ShadowPlan): ShadowAnswer {
  const found = compare.headers.map((name) => [name, response.headers.get(name)] as const)
  return {
    status: counted.service?.status,
    failure: counted.service?.failure,
    headers: Object.fromEntries(
      found.filter((entry): entry is [string, string] => entry[1] !== null),
    ),
    body: { kind: 'unread' },
    waitedMs: counted.service?.waitedMs ?? 0,
  }
}

function toSubject({ own, target }: Pair, situation: ActOptions): ShadowSubject {
  const { facts, decision, assignments } = situation
  return {
    from: decision.environment,
    base: decision.version.id,
    to: target.name,
    shadow: target.version.id,
    service: own.prefix,
    route: toRoute(facts.method, facts.path, assignments.measure.routes),
  }
}

async function copy(
  pair: Pair,
  situation: ActOptions,
  record: RecordOutcome,
  visitors: ShadowAnswer,
  body: Uint8Array | undefined,
  begun: readonly End[],
): Promise<void> {
  const { plan, own, theirs, target } = pair
  const { request, requestId, facts, decision, assignments, backends } = situation
  const { path, search } = facts
  if (begun.length === 0) return
  const controller = new AbortController()
  const { signal } = controller
  const timer = setTimeout(() => controller.abort(), plan.timeoutMs)
  try {
    const header = toVisitorHeader(assignments.visitor)
    const copied = copyRequest(request, path + search, body, plan.allowed, header)
    const visitor = facts.anonymous ? undefined : await toShadowVisitor(assignments, facts.visitor)
    const { method, url, headers } = copied
    const asking = new Request(url, { method, headers, signal })
    const ask = (service: Service, decided: Decision) =>
      askCopy(
        {
          copy: copied,
          request: asking,
          service,
          identity: toIdentity(situation, decided, visitor),
          requestId: `${requestId} (shadow)`,
          loopId: assignments.loopId,
          compared: plan.compare.headers,
        },
        backends,
      )
    const askBase = () => ask(own, decision)
    const askShadow = () =>
      ask(theirs, { ...decision, environment: target.name, version: target.version })
    const isRead = method === 'GET' || method === 'HEAD'
    const isTwice = isRead && isBaseline(assignments.salt, plan.baseline, requestId)
    const asked = askShadow()
    const base = isRead
      ? askBase().then((answer) => readBase(answer, signal))
      : Promise.resolve(toComparable(visitors, copied))
    const [shadow, again, repeated] = await Promise.all([
      readBeside(asked, base, signal),
      isTwice ? readBeside(askBase(), base, signal) : undefined,
      Promise.all(begun.slice(1).map(async () => readAway(await askShadow(), signal))),
    ])
    const outcome = toOutcome(shadow, again, plan)
    const failed = [shadow.answer, ...repeated].filter(isFailed).length
    const skipped = plan.repeat - begun.length
    record({
      ...outcome,
      counts: { ...outcome.counts, repeated: repeated.length, failed, skipped },
    })
  } finally {
    clearTimeout(timer)
    for (const end of begun) end()
  }
}

/** Whatever may have effects is not sent to the base again: only what it answered to the visitor can be compared. */
function toComparable(answer: ShadowAnswer, { isStripped }: CopiedRequest): BaseAnswer | undefined {
  return isStripped ? undefined : { answer, kept: undefined }
}

/** What a copy says of itself. Flags have the values that the visitor would get in that environment. */
function toIdentity(
  { facts, assignments }: ActOptions,
  decided: Decision,
  visitor: string | undefined,
): Record<string, string> {
  const { backend } = assignments.expose
  return {
    'Holo-Shadow': '1',
    ...(backend.has('version') ? { 'Holo-Version': decided.version.id } : {}),
    ...(backend.has('environment') ? { 'Holo-Environment': decided.environment } : {}),
    ...(backend.has('visitor') && visitor !== undefined ? { 'Holo-Visitor': visitor } : {}),
    ...toFlagsHeader(facts, decided, assignments),
  }
}

/** The header that identifies visitors, which no copy carries. */
function toVisitorHeader(visitor: CompiledAssignments['visitor']): string | undefined {
  if (!visitor) return undefined
  if ('header' in visitor) return visitor.header
  return 'jwt' in visitor && 'header' in visitor.jwt ? visitor.jwt.header : undefined
}

/** The same for all copies of a visitor's requests, and not the visitor's own id. */
async function toShadowVisitor({ salt }: CompiledAssignments, visitor: string): Promise<string> {
  const text = new TextEncoder().encode(`${salt}.shadow.${visitor}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return `shadow-${toHex(digest.subarray(0, 8))}`
}
