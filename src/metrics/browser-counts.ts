// Counts what browsers report of a page. Errors are shown by version; only what is proven, and by a visitor
// who counts, says something to the judge.

import type { FoldedError } from '../core/browser/parse-beacon.ts'
import { UNPROVEN_SUFFIX } from '../core/counting/metrics.ts'
import { addNamed, addVital } from '../core/counting/totals.ts'
import type { Met } from './met.ts'
import { type CountedRequest, isJudged } from './observed.ts'
import type { Outgoing } from './outgoing.ts'

/** What a browser has reported of a page. */
export type BrowserReport = {
  readonly errors: readonly FoldedError[]
  readonly met: readonly Met[]
  /** Whether Holo has served this version to the visitor. */
  readonly isProven: boolean
  /** Whether the judge gets it as well; only of what is proven. */
  readonly isForJudge: boolean
  /** Who sent it, in any form. */
  readonly client: string
}

/** @param asked is decided by the pin of its page. */
export function countBrowserReport(
  outgoing: Outgoing,
  asked: CountedRequest,
  { errors, met, isProven, isForJudge, client }: BrowserReport,
  now: number,
): void {
  const { pages, reports } = outgoing
  const { environment, version } = asked.decision
  for (const error of errors) {
    outgoing.errorGroups.add({ environment, version: version.id, ...error }, client, isProven)
  }
  outgoing.dropClosed(now)
  if (isProven && !isJudged(asked)) return
  const page = pages.find(asked.decision, now)
  if (!page) return
  const suffix = isProven ? '' : UNPROVEN_SUFFIX
  for (const { metric, measured } of met) {
    if (measured === undefined) addNamed(page.totals.outcomes, metric + suffix)
    else if (isProven) addVital(page.totals, metric, measured)
  }
  const reported = isForJudge ? reports.find(asked) : undefined
  if (!reported) return
  for (const one of met) reports.tell(page, asked, reported, one, false, now)
}
