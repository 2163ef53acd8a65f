// Runs a soak against a Holo: makes each load by the shadow's fields, waits, and takes the difference of the counts
// that Holo has. At every end the shadow gets its former settings. core/shadow/soak.ts searches and judges.

import { setTimeout as sleep } from 'node:timers/promises'
import {
  runSoak,
  SOAK_COUNTS,
  type SoakCounts,
  type SoakStep,
  toLoadFields,
} from '../../core/shadow/soak.ts'
import { SHADOW_DEFAULTS } from '../../document/compile-shadow.ts'
import {
  MAX_CONCURRENT_COPIES,
  MAX_COPIES_PER_SECOND,
  type ShadowDocument,
} from '../../document/shadow.ts'
import { freezeAsRead } from '../../wire/freeze.ts'
import { MAX_REASON_CHARACTERS } from '../../wire/parts.ts'
import { shadowClockAsRead } from '../../wire/shadow.ts'
import { keptSoakAsRead, type Soak, type SoakOutcome } from '../../wire/soak.ts'
import type { Api } from '../api.ts'
import { CliFailure, refused } from '../failure.ts'
import { isRunning, listRollouts } from '../rollout/find.ts'
import { ChangedMeanwhile, ShadowFields, type SoakPair } from './shadow-fields.ts'

export type SoakSettings = {
  readonly pair: SoakPair
  /** The shadow as it is before. */
  readonly former: ShadowDocument
  /** The first load and the highest one, in percent. */
  readonly first: number
  readonly max: number
  readonly stepMs: number
  /** How long isolates take to have a new document, and to send their counts. */
  readonly settleMs: number
  readonly isInFreeze: boolean
  readonly reason: string
}

export type SoakDeps = {
  readonly api: Api
  /** Not ended by Ctrl-C: puts the former settings back. */
  readonly lastApi: Api
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Called about once a second with what is waited for. */
  readonly tick: (doing: string, leftMs: number) => void
  /** Called after each step. */
  readonly tell: (step: SoakStep) => void
}

export type SoakEnd = {
  readonly soak: Soak
  readonly isRestored: boolean
  /** Why the soak ended, or why the settings are not restored, where somebody has to know. */
  readonly problem?: unknown
}

/** A freeze began. */
class Frozen extends Error {}

const TICK_MS = 1000

/** How many times counts are read again while more of them come, each after a quarter of the pause. */
const MAX_LATE_READS = 12

/** Never throws once the shadow was changed. */
export async function runSoakAt(settings: SoakSettings, deps: SoakDeps): Promise<SoakEnd> {
  const load = new Load(settings, deps)
  const { pair, first, max } = settings
  let soak: Soak = {
    ...pair,
    ...{ startedAt: Date.now(), first, max, outcome: 'running', steps: [] },
  }
  let problem: unknown
  try {
    await load.begin()
    const { outcome, found } = await runSoak({
      first,
      max,
      measure: (percent) => load.measure(percent),
      tell: async (step) => {
        soak = { ...soak, steps: [...soak.steps, step] }
        deps.tell(step)
        await keep(deps.api, soak)
      },
    })
    soak = { ...soak, outcome, ...(found && { found }) }
  } catch (cause) {
    soak = { ...soak, outcome: toOutcome(cause) }
    if (!deps.signal.aborted) problem = cause
  }
  let isRestored = true
  try {
    await load.restore()
  } catch (cause) {
    isRestored = false
    if (cause instanceof ChangedMeanwhile) soak = { ...soak, outcome: 'changed' }
    problem ??= cause
  }
  soak = { ...soak, endedAt: Date.now() }
  // One that was refused before its first step does not take the place of the last one.
  if (soak.steps.length > 0) await keep(deps.lastApi, soak)
  return { soak, isRestored, ...(problem === undefined ? {} : { problem }) }
}

/** Tells Holo for those who look at it elsewhere. An older Holo has no such address. */
async function keep(api: Api, soak: Soak): Promise<void> {
  try {
    await api.ask(keptSoakAsRead, 'PUT', '/shadow/soaks', { json: soak })
  } catch (cause) {
    if (!(cause instanceof CliFailure)) throw cause
  }
}

function toOutcome(cause: unknown): SoakOutcome {
  if (cause instanceof ChangedMeanwhile) return 'changed'
  return cause instanceof Frozen ? 'frozen' : 'stopped'
}

/** @throws CliFailure while a rollout of the version that gets the copies runs. */
export async function requireNoRollout(api: Api, { shadow }: SoakPair): Promise<void> {
  const running = (await listRollouts(api)).find((one) => isRunning(one) && one.version === shadow)
  if (!running) return
  throw refused(
    'rollout_runs',
    `rollout ${running.id} of ${shadow} runs: what fails under load could count against it`,
  )
}

type Sums = Omit<SoakCounts, 'seconds'>

const NOTHING = Object.fromEntries(SOAK_COUNTS.map((name) => [name, 0])) as Sums

class Load {
  readonly #settings: SoakSettings
  readonly #deps: SoakDeps
  readonly #fields: ShadowFields
  #hasWritten = false
  /** What Holo had counted before the step. */
  #sums = NOTHING
  /** By how much the clock of Holo is ahead of the own one. */
  #aheadMs = 0

  constructor(settings: SoakSettings, deps: SoakDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#fields = new ShadowFields(settings.pair, settings.former)
  }

  /** Stops the copies, so that only those of a step are counted in it. */
  async begin(): Promise<void> {
    await this.#check()
    await this.#read()
    await this.#write({ ...this.#settings.former, percent: 0 }, 'quiet before')
    await this.#wait('copies from before end', this.#now() + this.#settings.settleMs)
    this.#sums = await this.#readCounts(this.#now())
  }

  /** The copies begin and end by the clock of isolates, which have the document by then. */
  async measure(percent: number): Promise<SoakCounts> {
    const { former, stepMs, settleMs } = this.#settings
    await this.#check()
    const { off: _, ...fields } = former
    const since = Math.round(this.#now() + settleMs)
    const until = since + stepMs
    const load = {
      ...fields,
      ...toLoadFields(percent),
      ...{ since, until, baseline: 0 },
      ...{ perSecond: MAX_COPIES_PER_SECOND, concurrent: MAX_CONCURRENT_COPIES },
    }
    await this.#write(load, `${percent} %`)
    // A slow control makes the step shorter.
    const seconds = (until - Math.max(since, this.#now())) / 1000
    await this.#wait(`${percent} %`, until)
    const before = this.#sums
    this.#sums = await this.#readCounts(until)
    // A route for which there was no room takes its counts with it.
    const counts = SOAK_COUNTS.map((name) => [name, Math.max(0, this.#sums[name] - before[name])])
    return { ...(Object.fromEntries(counts) as Sums), seconds: Math.max(seconds, 0.001) }
  }

  /** @throws ChangedMeanwhile if somebody else changed the shadow, which then stays as it is. */
  async restore(): Promise<void> {
    if (!this.#hasWritten) return
    const { former } = this.#settings
    await this.#fields.write(this.#deps.lastApi, former, this.#toReason('the former settings'))
  }

  #write(shadow: ShadowDocument, what: string): Promise<void> {
    this.#hasWritten = true
    return this.#fields.write(this.#deps.api, shadow, this.#toReason(what))
  }

  #toReason(what: string): string {
    const { reason, pair } = this.#settings
    return `soak of ${pair.to}: ${what}${reason === '' ? '' : `; ${reason}`}`.slice(
      0,
      MAX_REASON_CHARACTERS,
    )
  }

  async #check(): Promise<void> {
    await requireNoRollout(this.#deps.api, this.#settings.pair)
    if (this.#settings.isInFreeze) return
    const { freeze } = await this.#deps.api.ask(freezeAsRead, 'GET', '/freeze')
    if (freeze) throw new Frozen(`releases are frozen by ${freeze.by}: ${freeze.reason}`)
  }

  async #read(): Promise<Sums> {
    const { from, base, to, shadow } = this.#settings.pair
    const query = { environment: from, limit: '1' }
    const began = Date.now()
    const read = await this.#deps.api.ask(shadowClockAsRead, 'GET', '/shadow', { query })
    this.#aheadMs = read.now - (began + Date.now()) / 2
    const own = read.shadows.find((one) => {
      return one.base === base && one.to === to && one.shadow === shadow
    })
    return own ?? NOTHING
  }

  /** By the clock of Holo, because the one of this machine may be wrong. */
  #now(): number {
    return Date.now() + this.#aheadMs
  }

  /** The last copies are given up after their timeout, and counted after that: waits until no more counts come. */
  async #readCounts(endedAt: number): Promise<Sums> {
    const { former, settleMs } = this.#settings
    const timeoutMs = former.timeoutMs ?? SHADOW_DEFAULTS.timeoutMs
    const pauseMs = settleMs / 4
    await this.#wait('counts arrive', endedAt + timeoutMs + settleMs - pauseMs)
    let sums = await this.#read()
    for (let tries = 0; tries < MAX_LATE_READS; tries++) {
      const before = sums
      await this.#wait('counts arrive', this.#now() + pauseMs)
      sums = await this.#read()
      if (SOAK_COUNTS.every((name) => sums[name] === before[name])) break
    }
    return sums
  }

  async #wait(doing: string, until: number): Promise<void> {
    const { tick, signal } = this.#deps
    for (let left = until - this.#now(); left > 0; left = until - this.#now()) {
      tick(doing, left)
      await sleep(Math.min(left, TICK_MS), undefined, { signal })
    }
  }
}
