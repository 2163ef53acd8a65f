// Which pages report, and the headers by which they do: a proof for the script, and where browsers send
// reports by themselves.

import { isSampled } from '../core/browser/sampling.ts'
import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { BrowserReports } from '../document/compile-browser-reports.ts'
import type { Facts } from '../http/facts.ts'
import { HTML_TYPE, opensPage } from '../http/kind.ts'
import { REPORTS_PREFIX } from '../http/own-paths.ts'
import type { Proofs } from './proofs.ts'

/**
 * What the browser reports that a request comes from; `undefined` for nothing. Who looks at a preview
 * is in no statistic, and without an identity nobody is counted.
 *
 * @param isForFewEyes whether a grant shows the version.
 */
export function findReporting(
  facts: Facts,
  { environment, reason }: Decision,
  { browserReports }: CompiledAssignments,
  isForFewEyes: boolean,
): BrowserReports | undefined {
  const known = browserReports.of.get(environment)
  if (!known || isForFewEyes || reason === 'preview') return undefined
  if (facts.crawler || facts.automated || facts.anonymous || facts.embedded) return undefined
  return isSampled(toReporter(facts), known.sample) ? known : undefined
}

/** The id that decides the bucket, by which the judge knows the visitor. */
export function toReporter({ bucketId, visitor }: Pick<Facts, 'bucketId' | 'visitor'>): string {
  return bucketId ?? visitor
}

/** The name of the proof in `Server-Timing`, where the script of the page reads it. */
const PROOF_METRIC = 'holo-proof'

/** Adds the headers to the reply, if it is a page or its 304. */
export async function addReportHeaders(
  { headers, status }: Response,
  facts: Facts,
  { environment, version }: Decision,
  { script, reportingApi }: BrowserReports,
  { proofs, salt, now }: { readonly proofs: Proofs; readonly salt: string; readonly now: number },
): Promise<void> {
  const isHtml = HTML_TYPE.test(headers.get('content-type') ?? '')
  if (!opensPage(facts.kind) || !(isHtml || status === 304)) return
  if (script) {
    const proven = { visitor: toReporter(facts), environment, version: version.id }
    const proof = await proofs.make(salt, proven, now)
    headers.append('Server-Timing', `${PROOF_METRIC};desc="${proof}"`)
  }
  if (reportingApi) addEndpoints(headers, `${REPORTS_PREFIX}${toPin(version.id, environment)}`)
}

/** `holo` is for policies that name it; browsers send crashes and the like to `default`. */
const ENDPOINTS = ['holo', 'default'] as const

/** Names of a dictionary (RFC 9651 section 3.2), before a `=` and outside of quotes. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g
const NAME = /(?:^|,)\s*([a-z*][a-z0-9_.*-]*)\s*=/g

/** Adds Holo's endpoints to those of the site, which has the last word about each name. */
export function addEndpoints(headers: Headers, path: string): void {
  const own = headers.get('reporting-endpoints') ?? ''
  const taken = new Set([...own.replace(QUOTED, '').matchAll(NAME)].map(([, name]) => name))
  const added = ENDPOINTS.filter((name) => !taken.has(name)).map((name) => `${name}="${path}"`)
  if (added.length > 0) headers.append('Reporting-Endpoints', added.join(', '))
}
