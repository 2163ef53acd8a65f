// The way of a request through Holo, from its facts to the reply. Read this file first: the imports name
// the folder that implements each step. isolate.ts holds what stays in memory between requests.

import { type ActOptions, type ActResult, act, toCountedReply } from './act.ts'
import { askOther, mayAskOther } from './ask-other.ts'
import { addReportHeaders, findReporting } from './beacon/page.ts'
import { isReportPath, serveReport } from './beacon/serve.ts'
import { isReportScriptPath, serveReportScript } from './client/browser-report.ts'
import { isTabScriptPath, serveTabScript } from './client/tab-pin.ts'
import { isAboutServer, readAddress } from './core/address.ts'
import { decide } from './core/decide.ts'
import { memoiseByObject } from './core/memoise.ts'
import { isNetworkPath } from './core/path.ts'
import { isLostPin } from './core/pins.ts'
import { isForFewEyes } from './core/previews.ts'
import { BROKEN_REPLY, toCountedRequest, withWatchedBody } from './count-request.ts'
import { isDashboardPath, serveDashboard, serveDashboardHost } from './dashboard-page.ts'
import type { CompiledAssignments } from './document/compile.ts'
import type { Env } from './env.ts'
import { areFlagsCarried } from './flags/carried.ts'
import type { CountFlag } from './flags/evaluate.ts'
import { listCarriedExposed, listExposed } from './flags/experiments.ts'
import { isBehind, isOfrepPath, type OfrepRequest } from './flags/ofrep.ts'
import { toHostRole } from './http/dashboard-host.ts'
import { errorResponse } from './http/errors.ts'
import { type FactsOptions, readFacts } from './http/facts.ts'
import { withFrameworkPin } from './http/framework-pins.ts'
import { mayTakeHtml, toKind } from './http/kind.ts'
import {
  isOwnPath,
  PREVIEW_PATH,
  PREVIEW_SCRIPT_PATH,
  TAB_PATH,
  VERSION_NOW_PATH,
} from './http/own-paths.ts'
import { finishReply } from './http/reply.ts'
import { toStamp, toTiming } from './http/stamp.ts'
import { leadWithoutPin } from './http/stray-pin.ts'
import { toTabRedirect } from './http/tab-redirect.ts'
import { drainUnread } from './http/unread-body.ts'
import { listInsertions } from './insertions.ts'
import { createIsolateParts, type IsolateParts } from './isolate.ts'
import { serveBarScript } from './preview/bar.ts'
import { CLOSED } from './preview/gate.ts'
import { forwardRequest } from './proxy/forward.ts'
import { prepareShadow } from './shadow.ts'
import { serveTab } from './tab.ts'
import { serveVersionNow } from './version-now.ts'

export type Router = (request: Request, ctx: ExecutionContext) => Promise<Response>

/** Creates the router, one per isolate. */
export function createRouter(env: Env): Router {
  const isolate = createIsolateParts(env)
  return async (request, ctx) => {
    const requestId = request.headers.get('cf-ray') ?? crypto.randomUUID()
    isolate.visitorsFirst.arrive()
    try {
      const response = await route(isolate, request, requestId, ctx)
      if (request.body !== null) await drainUnread(request)
      return response
    } catch (cause) {
      console.error(`request ${requestId} failed`, cause)
      return errorResponse('internal', requestId)
    } finally {
      isolate.visitorsFirst.leave()
    }
  }
}

/** The id for loop detection is usually made from the salt, which does not exist without a document. */
const LOOP_ID_OF_DEFAULT = 'holo'

/** The answer to `OPTIONS *`, which asks about the server as a whole (RFC 9110 section 9.3.7). */
const SERVER_OPTIONS = { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' }

async function route(
  deps: IsolateParts,
  request: Request,
  requestId: string,
  ctx: ExecutionContext,
): Promise<Response> {
  const { env, loader, counter, assets, backends, skippedRules, gate } = deps
  if (isAboutServer(request)) return new Response(null, { status: 204, headers: SERVER_OPTIONS })
  const address = readAddress(request)
  if (!address) return errorResponse('bad_path', requestId)
  if (isNetworkPath(address.path)) return errorResponse('not_found', requestId)
  const isVersionNow = address.path === VERSION_NOW_PATH
  const isTab = address.path === TAB_PATH
  const isPreview = address.path === PREVIEW_PATH
  const isReport = isReportPath(address.path)
  const hostRole = toHostRole(deps.dashboardHost, address.site)
  if (isOwnPath(address.path) && !isVersionNow && !isTab && !isPreview && !isReport) {
    if (isReportScriptPath(address.path)) return serveReportScript(request, address.path)
    if (isTabScriptPath(address.path)) return serveTabScript(request, address.path)
    if (address.path === PREVIEW_SCRIPT_PATH) return serveBarScript(request)
    if (!isDashboardPath(address.path)) {
      const { serveAdmin } = await import('./api/serve.ts')
      return serveAdmin(request, address.path, deps, hostRole, requestId)
    }
    if (hostRole === 'site') return errorResponse('not_found', requestId)
    return serveDashboard(request, address.path, env, requestId)
  }
  if (hostRole === 'dashboard') return serveDashboardHost(request, address.path, requestId)
  const kind = toKind(request.method, request.headers, address.path)
  const waitUntil = (work: Promise<unknown>) => ctx.waitUntil(work)
  const isOfrep = isOfrepPath(address.path)
  const mustBeFresh = kind === 'document' || isVersionNow || isTab || isOfrep
  const loaded = await loader.load(mustBeFresh, waitUntil)
  const isTold = isOfrep && isBehind(address.url, loaded.assignments?.flags)
  if (isTold) await loader.flush(waitUntil)
  const { assignments, origin, isStale } = isTold ? await loader.load(false, waitUntil) : loaded
  if (!assignments) {
    const facts = readFacts(request, kind, NO_FACTS_OPTIONS, address)
    if (!facts) return errorResponse('bad_path', requestId)
    const defaultService = await deps.toDefaultService()
    if (!defaultService || isOwnPath(address.path))
      return errorResponse('nothing_published', requestId)
    const forwarded = await forwardRequest(
      {
        request,
        path: facts.path + facts.search,
        service: defaultService,
        fallback: undefined,
        identity: {},
        requestId,
        loopId: LOOP_ID_OF_DEFAULT,
      },
      backends,
    )
    return forwarded.response
  }
  if (isPreview) return gate.serve(request, address, assignments, requestId)
  if (address.search !== '') {
    const exchanged = await gate.exchange(request, kind, address, assignments, requestId)
    if (exchanged) return exchanged
  }
  const { isSecure } = address.site
  const opened = gate.isClosed(request, isSecure, assignments)
    ? CLOSED
    : await gate.open(request, isSecure, assignments)
  const flags = isOfrep ? assignments.flags : undefined
  const usual = factsOptionsOf(assignments)
  const isUsual = !flags && opened === CLOSED
  const options = isUsual
    ? usual
    : {
        ...usual,
        withAttributes: usual.withAttributes || flags !== undefined,
        granted: opened.granted,
      }
  const read = readFacts(request, kind, options, address)
  if (!read) return errorResponse('bad_path', requestId)
  const facts = withFrameworkPin(read, request.headers, assignments)
  if (isVersionNow) return serveVersionNow(facts, assignments, requestId)
  if (isTab) return serveTab({ request, facts, assignments, assets, requestId, ctx })
  const countFlag: CountFlag = (result) => counter.recorder.recordFlag(result)
  const flushLater = () => counter.flushLater(() => loader.flush(waitUntil), waitUntil)
  if (isReport) {
    const { recorder } = counter
    const { reportLimits: limits, proofs } = deps
    const now = Date.now()
    const parts = { request, facts, assignments, recorder, limits, proofs, requestId, now }
    const taken = await serveReport(parts)
    flushLater()
    return taken
  }
  if (flags) {
    const readTag = async () => (await loader.load(false, waitUntil)).assignments?.flags?.tag ?? ''
    const decision = decide(facts, assignments)
    const by = isForFewEyes(facts, decision, assignments) ? 'preview' : 'visitor'
    const asked = toCountedRequest(request, facts, decision, assignments, by)
    const onEvaluated: OfrepRequest['onEvaluated'] = (keys, context) =>
      counter.recorder.recordExposed(asked, (places) =>
        listExposed({ keys, flags, context, decision }, places),
      )
    const { url } = address
    const parts = { request, url, facts, decision, flags, readTag, onEvaluated, count: countFlag }
    const answered = await deps.ofrep.serve(parts)
    flushLater()
    return answered
  }
  if (facts.hasStrayPin) return leadWithoutPin(address.url, facts)
  const decision = decide(facts, assignments)
  skippedRules.record(decision)
  const isPreviewed = isForFewEyes(facts, decision, assignments)
  const by = isPreviewed ? 'preview' : 'visitor'
  const asked = toCountedRequest(request, facts, decision, assignments, by)
  counter.recorder.recordAssigned(asked)
  const all = assignments.flags
  if (all) {
    counter.recorder.recordExposed(asked, (places) =>
      listCarriedExposed(facts, decision, all, places),
    )
  }
  const reporting = findReporting(facts, decision, assignments, isPreviewed)
  const situation: ActOptions = {
    request,
    requestId,
    facts,
    decision,
    assignments,
    assets,
    backends,
    ctx,
    toWatched: () => counter.recorder.watchBody(asked),
    countFlag,
    stamp:
      origin === 'memory' && !isStale ? toStamp(assignments.expose.response, decision) : undefined,
    insertions: listInsertions(
      request.headers,
      facts,
      decision,
      assignments,
      countFlag,
      reporting,
      opened.claims,
    ),
  }
  const shadow = isPreviewed
    ? undefined
    : prepareShadow(situation, {
        budget: deps.shadowBudget,
        visitorsFirst: deps.visitorsFirst,
        recorder: counter.recorder,
      })
  let acted: ActResult | undefined
  try {
    const answered = act(situation)
    acted = answered instanceof Promise ? await answered : answered
  } finally {
    const replied = acted ? toCountedReply(acted, request.method) : BROKEN_REPLY
    const doubt = counter.recorder.record(asked, replied, mayAskOther)
    if (doubt) waitUntil(askOther(doubt, situation, counter).then(flushLater))
    flushLater()
  }
  const { timing, counted, isStamped = false } = acted
  const copied = shadow?.(acted)
  if (copied) waitUntil(copied.then(flushLater))
  if (acted.response.webSocket) return acted.response
  const watched = withWatchedBody(acted, asked, counter.recorder, { flushLater, waitUntil })
  const response = toTabRedirect(watched, request)
  finishReply(response, facts, decision, {
    expose: assignments.expose.response,
    timing: [toTiming('holo-assignments', origin), ...(isStale ? ['holo-stale'] : []), ...timing],
    isStamped,
    mayBeHtml:
      counted.service !== undefined && response.status === 304 && mayTakeHtml(request.headers),
    isOwnFile: counted.isNamed,
    isPinLost: facts.kind === 'document' && isLostPin(facts.cookies.pin, assignments, facts),
    isForFewEyes: isPreviewed,
  })
  if (reporting) {
    const { salt } = assignments
    const by = { proofs: deps.proofs, salt, now: Date.now() }
    await addReportHeaders(response, facts, decision, reporting, by)
  }
  return response
}

const NO_FACTS_OPTIONS: FactsOptions = {
  visitor: undefined,
  salt: '',
  polled: new Set(),
  embeddedCookies: true,
  withAttributes: false,
}

const factsOptionsOf = memoiseByObject((assignments: CompiledAssignments): FactsOptions => {
  const { visitor, salt, polled, embeddedCookies, rules } = assignments
  const withAttributes = rules.length > 0 || areFlagsCarried(assignments)
  return { visitor, salt, polled, embeddedCookies, withAttributes }
})
