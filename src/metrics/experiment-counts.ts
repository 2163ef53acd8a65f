// Counts a request for the experiments with flags that are collected now: that the visitor was exposed to
// variants, and what it met. Whether it was exposed when it met something is known by the control.

import type { Met } from './met.ts'
import { type CountedRequest, isByVisitor } from './observed.ts'
import type { Outgoing } from './outgoing.ts'
import type { Reports } from './reports.ts'

/** @param toPlaces is called only if any experiment is collected. */
export function countExposed(
  { pages, reports }: Pick<Outgoing, 'pages' | 'reports'>,
  asked: CountedRequest,
  toPlaces: (collected: readonly string[]) => readonly string[],
  now: number,
): void {
  const views = listViews(reports, asked)
  const places = views.length === 0 ? [] : toPlaces(reports.flagPlaces)
  for (const { view, reported } of views) {
    if (!places.includes(view.decision.environment)) continue
    const page = pages.find(view.decision, now)
    if (page) reports.mark(page, view, reported, { assigned: true, unpinned: true })
  }
}

/** Counts for the visitor's variants what it met. */
export function countMet(
  { pages, reports }: Pick<Outgoing, 'pages' | 'reports'>,
  asked: CountedRequest,
  toMet: () => readonly Met[],
  isFile: boolean,
  now: number,
): void {
  const views = listViews(reports, asked)
  const met = views.length === 0 ? [] : toMet()
  for (const { view, reported } of views) {
    const page = pages.find(view.decision, now)
    if (!page) continue
    reports.mark(page, view, reported, { unpinned: true })
    for (const one of met) reports.tell(page, view, reported, one, isFile, now)
  }
}

/** The request as the experiments see it. */
function listViews(reports: Reports, asked: CountedRequest) {
  const { listExperiments } = asked
  const { flagPlaces } = reports
  if (!listExperiments || flagPlaces.length === 0 || !isByVisitor(asked)) return []
  return listExperiments(flagPlaces).flatMap((one) => {
    const view = { ...asked, ...one }
    const reported = reports.find(view)
    return reported ? [{ view, reported }] : []
  })
}
