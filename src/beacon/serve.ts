// `POST /.holo/beacon` and `POST /.holo/reports/<version>@<environment>`: takes what browsers report. The
// reply is always the same, so that nobody learns what counts.

import { parseBeacon } from '../core/browser/parse-beacon.ts'
import { parseApiReports } from '../core/browser/parse-reports.ts'
import { isSampled } from '../core/browser/sampling.ts'
import { decide } from '../core/decide.ts'
import { toClient } from '../core/ip-address.ts'
import { parsePin } from '../core/pins.ts'
import { isForFewEyes } from '../core/previews.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { BrowserReports } from '../document/compile-browser-reports.ts'
import { errorResponse } from '../http/errors.ts'
import type { Facts } from '../http/facts.ts'
import { BEACON_PATH, REPORTS_PREFIX } from '../http/own-paths.ts'
import { readSmallBody } from '../http/small-body.ts'
import type { BrowserReport } from '../metrics/browser-counts.ts'
import type { CountedRequest } from '../metrics/observed.ts'
import type { Recorder } from '../metrics/recorder.ts'
import { listSeen } from '../metrics/seen.ts'
import { MAX_REPORT_BYTES, type ReportLimits } from './limits.ts'
import { toReporter } from './page.ts'
import type { Proofs } from './proofs.ts'

export function isReportPath(path: string): boolean {
  return path === BEACON_PATH || path.startsWith(REPORTS_PREFIX)
}

/** `sendBeacon` sends a text; browsers send reports as the Reporting API says (section 3.4). */
const BEACON_TYPE = /^(?:text\/plain|application\/json)\s*(?:;|$)/i
const REPORTS_TYPE = /^application\/reports\+json\s*(?:;|$)/i

type ReportOptions = {
  readonly request: Request
  /** `isReportPath` is true for its path. */
  readonly facts: Facts
  readonly assignments: CompiledAssignments
  readonly recorder: Pick<Recorder, 'recordBrowser' | 'loseBrowserReports'>
  readonly limits: ReportLimits
  readonly proofs: Proofs
  readonly requestId: string
  readonly now: number
}

export async function serveReport(options: ReportOptions): Promise<Response> {
  const { request, facts, recorder, limits, requestId, now } = options
  if (request.method !== 'POST') {
    return errorResponse('method_not_allowed', requestId, { allow: 'POST' })
  }
  const client = toClient(request.headers.get('cf-connecting-ip') ?? '')
  if (!limits.admit(client, now)) {
    recorder.loseBrowserReports(1)
    return taken()
  }
  const isBeacon = facts.path === BEACON_PATH
  const type = isBeacon ? BEACON_TYPE : REPORTS_TYPE
  if (!type.test(request.headers.get('content-type') ?? '')) {
    return errorResponse('bad_body', requestId)
  }
  const text = await readSmallBody(request, MAX_REPORT_BYTES)
  if (text === 'too_large') return errorResponse('body_too_large', requestId)
  const read = text === undefined ? undefined : await readReport(text, client, options)
  if (!read) return errorResponse('bad_body', requestId)
  const { asked, report } = read
  if (!asked) return taken()
  if (limits.hasRoom(report.isProven)) recorder.recordBrowser(asked, report)
  else recorder.loseBrowserReports(1)
  return taken()
}

type Read = {
  /** `undefined` where nothing is kept: the version is gone, or its browsers do not report. */
  readonly asked: CountedRequest | undefined
  readonly report: BrowserReport
}

async function readReport(
  text: string,
  client: string,
  options: ReportOptions,
): Promise<Read | undefined> {
  const { request, facts, assignments, proofs, now } = options
  const { host } = new URL(request.url)
  if (facts.path !== BEACON_PATH) {
    const errors = parseApiReports(text, host)
    if (!errors) return undefined
    const asked = toAsked(facts.path.slice(REPORTS_PREFIX.length), options)
    const isWanted = asked && findSetting(asked, assignments)?.reportingApi === true
    // They come without a proof.
    const report = { errors, met: [], client, isProven: false, isForJudge: false }
    return { asked: isWanted ? asked : undefined, report }
  }
  const said = parseBeacon(text, host)
  if (!said) return undefined
  const asked = toAsked(said.pin, options)
  const isWanted = asked && findSetting(asked, assignments)?.script === true
  const visitor = toReporter(facts)
  const isProven =
    isWanted === true &&
    !facts.anonymous &&
    (await proofs.check(
      assignments.salt,
      {
        visitor,
        environment: asked.decision.environment,
        version: asked.decision.version.id,
      },
      said.proof,
      now,
    ))
  const isForJudge = isProven && isSampled(visitor, assignments.browserReports.judgedSample)
  const report = { errors: said.errors, met: listSeen(said), client, isProven, isForJudge }
  return { asked: isWanted ? asked : undefined, report }
}

/** The request as one of the page's own, decided by the page's pin; `undefined` if that does not count. */
function toAsked(
  pin: string,
  { request, facts: read, assignments }: ReportOptions,
): CountedRequest | undefined {
  const claim = parsePin(pin)
  if (claim?.environment === undefined) return undefined
  const facts: Facts = {
    ...read,
    kind: 'subresource',
    current: false,
    watch: undefined,
    pin: { claim, source: 'header' },
  }
  const decision = decide(facts, assignments)
  const { reason, version, environment } = decision
  if (reason !== 'pin' || version.id !== claim.version || environment !== claim.environment) {
    return undefined
  }
  const by = isForFewEyes(facts, decision, assignments) ? 'preview' : 'visitor'
  return { request, facts, decision, assignments, by }
}

/** Who looks at a preview is in no statistic. */
function findSetting(
  { decision, by }: CountedRequest,
  { browserReports }: CompiledAssignments,
): BrowserReports | undefined {
  return by === 'preview' ? undefined : browserReports.of.get(decision.environment)
}

function taken(): Response {
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
}
