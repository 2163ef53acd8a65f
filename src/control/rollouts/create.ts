// Creates the driver of rollouts with those that ask webhooks, sources and versions for it, and connects
// them.

import { getOwn } from '../../core/own.ts'
import { type AskingDeps, askWebhook, findUnaskable } from '../webhooks/asking.ts'
import { pullDocument } from '../webhooks/pulling.ts'
import { type AskVersionDeps, askVersion, openVersion } from './ask-version.ts'
import { Confirmations, type Gates } from './confirming.ts'
import { type RolloutDeps, Rollouts } from './driver.ts'
import { Measuring, type MeasuringDeps } from './measuring.ts'
import { RolloutReader } from './reading.ts'
import { Smoking } from './smoking.ts'
import { Stalls } from './stalls.ts'

export type RolloutPartsDeps = Omit<RolloutDeps, 'stalls' | 'gates'> & {
  /** How the webhooks that plans name are asked. */
  readonly asking: AskingDeps
  /** How versions are asked, and documents of checks fetched. */
  readonly reaching: AskVersionDeps
  readonly compared: MeasuringDeps['compared']
  /** Sets the alarm of the control for the next task that is due. */
  readonly arm: () => void
}

export type RolloutParts = {
  readonly rollouts: Rollouts
  readonly rolloutReader: RolloutReader
  readonly confirming: Confirmations
  readonly measuring: Measuring
  readonly smoking: Smoking
}

export function createRolloutParts(deps: RolloutPartsDeps): RolloutParts {
  const { storage, store, outbox, ledger, now, asking, reaching, compared, arm } = deps
  const gates: Gates = {
    findProblem: (name, form) => findUnaskable(asking.store, name, form),
    ask: (name, question, ms) => askWebhook(asking, name, question, ms),
  }
  const stalls = new Stalls({ storage, store, outbox, now })
  const rollouts = new Rollouts({ ...deps, stalls, gates })
  const confirming = new Confirmations({
    store,
    gates,
    confirm: (id, before, by) => rollouts.confirm(id, before, by),
    now,
    arm,
  })
  const measuring = new Measuring({
    store,
    pull: (name, places, ms) => pullDocument(asking.store, name, places, ms, reaching),
    compared,
    measure: (id, name, measured) => rollouts.measure(id, name, measured),
    now,
    arm,
  })
  const smoking = new Smoking({
    store,
    find: (version) => getOwn(ledger.head?.content.versions ?? {}, version),
    open: (version) => openVersion(version, reaching),
    ask: (version, request, ms) => askVersion(version, request, ms, reaching),
    tell: (id, generation, result) => rollouts.smoked(id, generation, result),
    now,
    arm,
  })
  const rolloutReader = new RolloutReader(store, stalls)
  return { rollouts, rolloutReader, confirming, measuring, smoking }
}
