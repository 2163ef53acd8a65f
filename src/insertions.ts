// Which of Holo's scripts the page of a request gets. A new script that pages get is added here.

import { toReportScript } from './client/browser-report.ts'
import { toTabPin } from './client/tab-pin.ts'
import type { PreviewClaims } from './core/previews.ts'
import type { Decision } from './core/types.ts'
import type { CompiledAssignments } from './document/compile.ts'
import type { BrowserReports } from './document/compile-browser-reports.ts'
import { toPageFlags } from './flags/carried.ts'
import type { CountFlag } from './flags/evaluate.ts'
import type { Facts } from './http/facts.ts'
import type { Insertion } from './http/insertion.ts'
import { isByHashingWorker, isPrefetch, opensPage } from './http/kind.ts'
import { toPreviewBar } from './preview/bar.ts'

const NONE: readonly Insertion[] = []

/**
 * The scripts for the reply, if it is a page; none for a request that does not ask for one.
 *
 * @param countFlag is told of the flags whose values the page gets.
 * @param reporting what the browser reports.
 * @param claims of the signed link that counts for the request.
 */
export function listInsertions(
  headers: Headers,
  facts: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  countFlag: CountFlag,
  reporting?: BrowserReports,
  claims?: PreviewClaims,
): readonly Insertion[] {
  const isPinned = assignments.tabPinned.has(decision.environment)
  const isPreviewed = decision.reason === 'preview'
  const hasFlags = (assignments.flags?.inPages.length ?? 0) > 0
  const isReporting = reporting?.script === true
  const getsAny = isPinned || isPreviewed || isReporting || hasFlags
  if (!getsAny || !mayGetPage(headers, facts)) return NONE
  const bar = isPreviewed ? toPreviewBar(facts, decision, assignments, claims) : undefined
  const values = toPageFlags(facts, decision, assignments, countFlag)
  return [
    // A tab is pinned before anything else runs in it.
    ...(isPinned ? [toTabPin(decision)] : []),
    ...(values ? [values] : []),
    ...(isReporting ? [toReportScript(decision)] : []),
    ...(bar ? [bar] : []),
  ]
}

/**
 * Whether a page in the reply will be shown as one: it is opened, in a frame or fetched ahead, or a
 * service worker keeps it. A script that fetches a page and puts it into its own gets it as it is. So
 * does Angular's worker, which keeps no file that differs from its list, and so do crawlers.
 */
function mayGetPage(headers: Headers, { method, kind, watch, crawler, search }: Facts): boolean {
  if (crawler) return false
  if (opensPage(kind)) return true
  if (method !== 'GET') return false
  if (watch === 'cache' || watch === 'fill') return !isByHashingWorker(headers, search)
  return watch === undefined && isPrefetch(headers)
}
