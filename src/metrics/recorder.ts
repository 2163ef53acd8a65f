// Counts requests in the isolate and hands them out in batches. It never throws and waits for
// nothing, so that no reply depends on it.

import type { FoldedError } from '../core/browser/parse-beacon.ts'
import { type Batch, COUNTING_FORM, type Collected } from '../core/counting/batch.ts'
import { addVisitor, toDistinctDay } from '../core/counting/distinct.ts'
import { BOTH_SUFFIX, UNPROVEN_SUFFIX } from '../core/counting/metrics.ts'
import { addNamed, addVital } from '../core/counting/totals.ts'
import { matchService } from '../core/services.ts'
import type { ShadowSubject } from '../core/shadow/reports.ts'
import { type ShadowOutcome, ShadowTally } from '../core/shadow/tally.ts'
import { readTabName } from '../http/tab-name.ts'
import type { BatchSource } from '../loading/sync.ts'
import { addAnswer } from './add-answer.ts'
import { countHeldErrors, countHeldFlags, countHeldRequests } from './batch-sums.ts'
import { PendingErrors } from './error-groups.ts'
import { PendingFlags } from './flag-counts.ts'
import { listMet, type Met, toFailureCode } from './met.ts'
import {
  type CountedReply,
  type CountedRequest,
  isAssigned,
  isByOwnBucket,
  isByVisitor,
  isJudged,
} from './observed.ts'
import { type Page, Pages } from './pages.ts'
import { isReported, type Reported, Reports } from './reports.ts'
import { Sending } from './sending.ts'

export type RecorderOptions = {
  /**
   * Milliseconds since the epoch. In production the clock stands still between two I/O operations,
   * so that it cannot measure how long a computation took.
   */
  readonly now: () => number
  /**
   * Makes a unique name for the isolate. Called once, inside a request, where random numbers are
   * allowed.
   */
  readonly toIsolate: () => string
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

/** What of the body of a reply somebody wants to know. */
export type WatchedBody = {
  /** Whether it breaks off. */
  readonly forBreaks: boolean
  /** Where an error would be in its JSON: names from the outside; `undefined` if nobody asks. */
  readonly errorAt: readonly string[] | undefined
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

/** An evaluation without a reason failed. */
export type EvaluatedFlag = {
  readonly key: string
  readonly variant?: string
  readonly reason?: string
}

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

export class Recorder implements BatchSource {
  readonly #options: RecorderOptions
  readonly #pages = new Pages()
  readonly #reports = new Reports(this.#pages)
  readonly #errorGroups = new PendingErrors()
  readonly #flags = new PendingFlags()
  readonly #shadows = new ShadowTally()
  readonly #sending = new Sending()
  readonly #losses = { requests: 0, errors: 0 }
  #isolate: string | undefined
  #sequence = 0
  /** How many of the requests of `losses` no batch has reported yet. */
  #untold = 0

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#hasNothingNew && !this.#sending.isUnsure
  }

  get losses(): Losses {
    return { ...this.#losses, ...this.#reports.losses }
  }

  /** Whether something bad was met that has not been handed out yet: see `URGENT_FLUSH_MS`. */
  get isUrgent(): boolean {
    return this.#reports.isUrgent
  }

  /**
   * Has to be called when a request is decided and before any backend is asked, so that a canary
   * that crashes loses no assignment. Visitors are collected only while somebody compares
   * environments.
   */
  recordAssigned(asked: CountedRequest): void {
    this.#safely(() => {
      if (asked.facts.kind !== 'document' || !isAssigned(asked)) return
      const page = this.#pages.find(asked.decision, this.#options.now())
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
    this.#safely(() => {
      const views = this.#listExperiments(asked)
      const places = views.length === 0 ? [] : toPlaces(this.#reports.flagPlaces)
      for (const { view, reported } of views) {
        if (!places.includes(view.decision.environment)) continue
        const page = this.#pages.find(view.decision, this.#options.now())
        if (page) this.#reports.mark(page, view, reported, { assigned: true, unpinned: true })
      }
    })
  }

  /** The request as experiments count it that are collected now. */
  #listExperiments(asked: CountedRequest) {
    const { listExperiments } = asked
    const { flagPlaces } = this.#reports
    if (!listExperiments || flagPlaces.length === 0 || !isByVisitor(asked)) return []
    return listExperiments(flagPlaces).flatMap((one) => {
      const view = { ...asked, ...one }
      const reported = this.#reports.find(view)
      return reported ? [{ view, reported }] : []
    })
  }

  /** Counts for the visitor's variants what it met. Whether it was exposed is known by the control. */
  #recordExperiments(
    asked: CountedRequest,
    toMet: () => readonly Met[],
    isFile: boolean,
    now: number,
  ): void {
    const views = this.#listExperiments(asked)
    const met = views.length === 0 ? [] : toMet()
    for (const { view, reported } of views) {
      const page = this.#pages.find(view.decision, now)
      if (!page) continue
      this.#reports.mark(page, view, reported, { unpinned: true })
      for (const one of met) this.#reports.tell(page, view, reported, one, isFile, now)
    }
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
    const now = this.#options.now()
    this.#dropClosed(now)
    const page = this.#pages.find(asked.decision, now)
    if (!page) {
      this.#lose(1)
      return undefined
    }
    const code = toFailureCode(answered)
    addAnswer(page.totals, answered, code)
    this.#pages.use(page, toPrefix(asked, answered), toTab(asked))
    if (!isByVisitor(asked)) return undefined
    addVisitor(page.distinct, asked.facts.visitor, toDistinctDay(now))
    const isFile = answered.service === undefined
    const toMet = () => listMet(asked.facts, asked.assignments.measure, answered, code)
    this.#recordExperiments(asked, toMet, isFile, now)
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

  /**
   * Counts what a browser has reported. `asked` is decided by the pin of its page. Errors are shown by
   * version; only what is proven, and by a visitor who counts, says something to the judge.
   */
  recordBrowser(
    asked: CountedRequest,
    { errors, met, isProven, isForJudge, client }: BrowserReport,
  ): void {
    if (asked.by === 'preview') return
    this.#safely(() => {
      const { environment, version } = asked.decision
      for (const error of errors) {
        this.#errorGroups.add({ environment, version: version.id, ...error }, client, isProven)
      }
      const now = this.#options.now()
      this.#dropClosed(now)
      if (isProven && !isJudged(asked)) return
      const page = this.#pages.find(asked.decision, now)
      if (!page) return
      const suffix = isProven ? '' : UNPROVEN_SUFFIX
      for (const { metric, measured } of met) {
        if (measured === undefined) addNamed(page.totals.outcomes, metric + suffix)
        else if (isProven) addVital(page.totals, metric, measured)
      }
      const reported = isForJudge ? this.#reports.find(asked) : undefined
      if (!reported) return
      for (const one of met) this.#reports.tell(page, asked, reported, one, false, now)
    })
  }

  /** Counts reports of browsers that were not read. */
  loseBrowserReports(count: number): void {
    this.#errorGroups.lose(count)
  }

  /** Counts what became of the copy of a request. */
  recordShadow(subject: ShadowSubject, outcome: ShadowOutcome): void {
    this.#safely(() => this.#shadows.add(subject, outcome))
  }

  /** Counts the evaluation of a flag that there is. */
  recordFlag({ key, variant = '', reason = 'ERROR' }: EvaluatedFlag): void {
    this.#flags.add({ flag: key, variant, reason })
  }

  get #hasNothingNew(): boolean {
    return (
      this.#pages.isEmpty &&
      this.#errorGroups.isEmpty &&
      this.#flags.isEmpty &&
      this.#shadows.isEmpty
    )
  }

  /** After the request was counted. */
  #recordLate(asked: CountedRequest, name: string, met: Met | undefined): void {
    this.#safely(() => {
      const now = this.#options.now()
      this.#dropClosed(now)
      const page = this.#pages.find(asked.decision, now)
      if (!page) return
      addNamed(page.totals.outcomes, name)
      const reported = met && this.#reports.find(asked)
      if (met && reported) this.#reports.tell(page, asked, reported, met, false, now)
    })
  }

  take(now: number): Batch | undefined {
    return this.#sending.take(
      now,
      () => this.#takeNew(now),
      (batch) => this.#loseBatch(batch, now),
    )
  }

  arrived(batch: Batch, collected: Collected | undefined): void {
    this.#sending.arrived(batch)
    this.collect(collected)
  }

  failed(batch: Batch): void {
    this.#sending.failed(batch)
  }

  collect(collected: Collected | undefined): void {
    this.#reports.collect(collected, this.#options.now())
  }

  #loseBatch(batch: Batch, now: number): void {
    this.#lose(countHeldRequests(batch))
    this.#errorGroups.lose(countHeldErrors(batch))
    this.#flags.lose(countHeldFlags(batch))
    this.#reports.forget(now)
  }

  #takeNew(now: number): Batch | undefined {
    this.#dropClosed(now)
    this.#reports.isUrgent = false
    if (this.#hasNothingNew) return undefined
    const { toIsolate, copy } = this.#options
    this.#isolate ??= toIsolate()
    const isolate = this.#isolate
    const windows = this.#pages.take()
    const batch = {
      form: COUNTING_FORM,
      isolate,
      sequence: ++this.#sequence,
      windows,
      dropped: this.#untold,
      ...this.#errorGroups.take(),
      ...this.#flags.take(),
      ...this.#shadows.take(),
    }
    this.#untold = 0
    this.#safely(() => copy?.(batch))
    return batch
  }

  #dropClosed(now: number): void {
    const { requests, outcomes } = this.#pages.dropClosed(now)
    this.#lose(requests)
    if (outcomes > 0) this.#reports.forget(now)
  }

  #lose(requests: number): void {
    this.#losses.requests += requests
    this.#untold += requests
  }

  #safely(count: () => void): void {
    try {
      count()
    } catch (cause) {
      if (this.#losses.errors === 0) console.error('counting failed', cause)
      this.#losses.errors += 1
    }
  }
}

/** The prefix of the service that was asked. */
function toPrefix({ facts, decision }: CountedRequest, { service }: CountedReply) {
  return service && matchService(decision.version.services, facts.path)?.prefix
}

/** The tab that asked for the version of its own page; programs have none. */
function toTab({ request, facts, decision, by }: CountedRequest): string | undefined {
  const isTab = by === 'visitor' && decision.reason === 'pin' && !facts.crawler && !facts.automated
  return isTab ? readTabName(request.headers) : undefined
}

function never(): boolean {
  return false
}
