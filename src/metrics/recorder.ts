// Counts what happens in the isolate: requests, what browsers report, flags, copies. It never throws and
// waits for nothing, so that no reply depends on it. outgoing.ts hands the counts out in batches.

import type { Batch } from '../core/counting/batch.ts'
import { addVisitor, toDistinctDay } from '../core/counting/distinct.ts'
import { BOTH_SUFFIX } from '../core/counting/metrics.ts'
import { addNamed } from '../core/counting/totals.ts'
import type { ShadowSubject } from '../core/shadow/reports.ts'
import type { ShadowOutcome } from '../core/shadow/tally.ts'
import { addAnswer } from './add-answer.ts'
import type { WatchedBody } from './bodies.ts'
import { type BrowserReport, countBrowserReport } from './browser-counts.ts'
import { countExposed, countMet } from './experiment-counts.ts'
import type { EvaluatedFlag } from './flag-counts.ts'
import { listMet, type Met, toFailureCode } from './met.ts'
import {
  type CountedReply,
  type CountedRequest,
  isAssigned,
  isByOwnBucket,
  isByVisitor,
  isJudged,
  readTab,
  toAskedPrefix,
} from './observed.ts'
import { Outgoing, type OutgoingOptions } from './outgoing.ts'
import type { Page } from './page.ts'
import type { Pages } from './pages.ts'
import { isReported, type Reported, type Reports } from './reports.ts'

export type RecorderOptions = Omit<OutgoingOptions, 'onBatch'> & {
  /** Gets every new batch too, to keep counts elsewhere. Should not throw. */
  readonly copy?: ((batch: Batch) => void) | undefined
}

/** What could not be counted or reported, since the isolate started. */
export type Losses = {
  readonly requests: number
  readonly visitors: number
  readonly outcomes: number
  readonly errors: number
}

/** What counts only if the other version does not do the same with the same request. */
export type Doubt = {
  readonly asked: CountedRequest
  readonly met: Met
  /** The environment of the other version. */
  readonly other: string
  /** The client that asked, as one number; 0 for a private address. */
  readonly site: number
}

export class Recorder {
  readonly #now: () => number
  /** What was counted, on its way to the control. */
  readonly outgoing: Outgoing
  readonly #pages: Pages
  readonly #reports: Reports
  /** Calls of this class that failed because of an error in Holo. */
  #failures = 0

  constructor(options: RecorderOptions) {
    this.#now = options.now
    this.outgoing = new Outgoing({
      ...options,
      onBatch: (batch) => this.#safely(() => options.copy?.(batch)),
    })
    this.#pages = this.outgoing.pages
    this.#reports = this.outgoing.reports
  }

  get losses(): Losses {
    const requests = this.outgoing.lostRequests
    return { requests, errors: this.#failures, ...this.#reports.losses }
  }

  /**
   * Has to be called when a request is decided and before any backend is asked, so that a canary
   * that crashes loses no assignment. Visitors are collected only while somebody compares
   * environments.
   */
  recordAssigned(asked: CountedRequest): void {
    this.#safely(() => {
      if (asked.facts.kind !== 'document' || !isAssigned(asked)) return
      const page = this.#pages.find(asked.decision, this.#now())
      // The request itself is counted, or counted as lost, when it is answered.
      if (!page) return
      page.totals.assigned += 1
      const reported = this.#reports.find(asked)
      if (reported) this.#reports.mark(page, asked, reported, { assigned: true })
    })
  }

  /**
   * Puts down that an evaluation of flags showed the visitor the variants of experiments, before any backend is
   * asked.
   *
   * @param toPlaces of the environments that stand for flags, those that the visitor was exposed to; asked only if
   *   any is collected.
   */
  recordExposed(
    asked: CountedRequest,
    toPlaces: (collected: readonly string[]) => readonly string[],
  ): void {
    this.#safely(() => countExposed(this.outgoing, asked, toPlaces, this.#now()))
  }

  /**
   * Counts a request when it is answered, once, for the version that was chosen.
   *
   * @param mayDoubt whether the other version may be asked. Then what is returned is left out, until
   *   `recordDoubt` says whether it counts.
   */
  record(
    asked: CountedRequest,
    answered: CountedReply,
    mayDoubt: (request: Request) => boolean = never,
  ): Doubt | undefined {
    let doubt: Doubt | undefined
    this.#safely(() => {
      doubt = this.#record(asked, answered, mayDoubt)
    })
    return doubt
  }

  #record(
    asked: CountedRequest,
    answered: CountedReply,
    mayDoubt: (request: Request) => boolean,
  ): Doubt | undefined {
    // A preview is in no statistic: its few requests would show that a restricted version exists.
    if (asked.by === 'preview') return undefined
    const now = this.#now()
    this.outgoing.dropClosed(now)
    const page = this.#pages.find(asked.decision, now)
    if (!page) {
      this.outgoing.lose(1)
      return undefined
    }
    const code = toFailureCode(answered)
    addAnswer(page.totals, answered, code)
    this.#pages.use(page, toAskedPrefix(asked, answered), readTab(asked))
    if (!isByVisitor(asked)) return undefined
    addVisitor(page.distinct, asked.facts.visitor, toDistinctDay(now))
    const isFile = answered.service === undefined
    const toMet = () => listMet(asked.facts, asked.assignments.measure, answered, code)
    countMet(this.outgoing, asked, toMet, isFile, now)
    if (!isByOwnBucket(asked)) return undefined
    page.totals.judged += 1
    const all = toMet()
    const reported = this.#reports.find(asked)
    const found = reported && !isFile ? this.#findDoubt(page, asked, reported, all, now) : undefined
    const doubt = found && mayDoubt(asked.request) ? found : undefined
    const met = doubt ? all.filter((one) => one !== doubt.met) : all
    for (const { metric, measured } of met) {
      if (measured === undefined) addNamed(page.totals.outcomes, metric)
    }
    if (!reported) return undefined
    const unpinned = asked.decision.reason === 'bucket'
    this.#reports.mark(page, asked, reported, { unpinned })
    for (const one of met) this.#reports.tell(page, asked, reported, one, isFile, now)
    return doubt
  }

  /** A reply has one status, so there is at most one doubt. */
  #findDoubt(
    page: Page,
    asked: CountedRequest,
    reported: Reported,
    all: readonly Met[],
    now: number,
  ): Doubt | undefined {
    const { other } = reported
    if (other === undefined) return undefined
    const met = all.find((one) => this.#reports.isComparedNews(page, asked, reported, one, now))
    return met && { asked, met, other, site: this.#reports.toSite(asked.request, reported) }
  }

  /**
   * What to look for in the body of a service's reply to this request; `undefined` for nothing, as
   * long as nobody compares environments.
   */
  watchBody(asked: CountedRequest): WatchedBody | undefined {
    let watched: WatchedBody | undefined
    this.#safely(() => {
      const reported = this.#reports.find(asked)
      if (!reported || !isJudged(asked)) return
      const { path } = asked.facts
      const forBreaks = isReported(reported, 'brokenBodies')
      const errorAt = isReported(reported, 'errorBodies')
        ? asked.assignments.measure.errorBodies.find(({ matches }) => matches(path))?.keys
        : undefined
      if (forBreaks || errorAt) watched = { forBreaks, errorAt }
    })
    return watched
  }

  /** Counts what was met in a body that `watchBody` asked to watch, after its request was counted. */
  recordBody(asked: CountedRequest, metric: 'brokenBodies' | 'errorBodies'): void {
    this.#recordLate(asked, metric, { metric })
  }

  /** Counts what `record` left out; what both versions did is shown, and counts for neither. */
  recordDoubt({ asked, met }: Doubt, isSame: boolean): void {
    if (isSame) this.#recordLate(asked, met.metric + BOTH_SUFFIX, undefined)
    else this.#recordLate(asked, met.metric, met)
  }

  /** Counts what a browser has reported. `asked` is decided by the pin of its page. */
  recordBrowser(asked: CountedRequest, report: BrowserReport): void {
    if (asked.by === 'preview') return
    this.#safely(() => countBrowserReport(this.outgoing, asked, report, this.#now()))
  }

  /** Counts reports of browsers that were not read. */
  loseBrowserReports(count: number): void {
    this.outgoing.errorGroups.lose(count)
  }

  /** Counts what became of the copy of a request. */
  recordShadow(subject: ShadowSubject, outcome: ShadowOutcome): void {
    this.#safely(() => this.outgoing.shadows.add(subject, outcome))
  }

  /** Counts the evaluation of a flag that there is. */
  recordFlag({ key, variant = '', reason = 'ERROR' }: EvaluatedFlag): void {
    this.outgoing.flags.add({ flag: key, variant, reason })
  }

  /** After the request was counted. */
  #recordLate(asked: CountedRequest, name: string, met: Met | undefined): void {
    this.#safely(() => {
      const now = this.#now()
      this.outgoing.dropClosed(now)
      const page = this.#pages.find(asked.decision, now)
      if (!page) return
      addNamed(page.totals.outcomes, name)
      const reported = met && this.#reports.find(asked)
      if (met && reported) this.#reports.tell(page, asked, reported, met, false, now)
    })
  }

  #safely(count: () => void): void {
    try {
      count()
    } catch (cause) {
      if (this.#failures === 0) console.error('counting failed', cause)
      this.#failures += 1
    }
  }
}

function never(): boolean {
  return false
}
