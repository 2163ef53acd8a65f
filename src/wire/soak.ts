// A soak: the load of a shadow in steps, what each step counted, and at which load the backend began to suffer. What
// `holo shadow ramp` prints and tells Holo.

import * as z from 'zod'
import { MAX_PERCENT, MAX_SOAK_STEPS, SOAK_VERDICTS } from '../core/shadow/soak.ts'
import { environmentName, milliseconds, type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** `running` and those of the search, and what else ends a soak. */
const SOAK_OUTCOMES = [
  'running',
  'suffers',
  'sound',
  'base',
  'unreached',
  'unknown',
  'frozen',
  'changed',
  'stopped',
] as const

export type SoakOutcome = (typeof SOAK_OUTCOMES)[number]

const amount = z.int().min(0)
const percent = z.number().min(0).max(MAX_PERCENT).describe('Above 100 by repetition')
const load = z.number().min(0).describe('Copies that were sent in a second')

const soakStep = z.strictObject({
  percent,
  load,
  seconds: z.number().min(0).describe('How long the load was made'),
  copied: amount.describe('Requests that were copied'),
  repeated: amount.describe('Copies beyond the first one of a request'),
  skipped: amount.describe('Copies for which there was no budget'),
  compared: amount.describe('Copies whose answers were compared'),
  failed: amount.describe('Copies without an answer or with a 5xx'),
  baseFailed: amount.describe('Compared answers of the base that were so'),
  late: amount.describe('Comparisons in which the shadow came `slowerMs` later than the base'),
  baseLate: amount.describe('Comparisons in which the base came so much later'),
  verdict: z
    .enum(SOAK_VERDICTS)
    .describe(
      '`base`: the base fails; `unreached`: copies had no budget; `unknown`: too few were compared',
    ),
})

export const soak = z.strictObject({
  from: environmentName.describe('The environment whose requests are copied'),
  base: versionId.describe('Its version'),
  to: environmentName.describe('The environment that gets the copies'),
  shadow: versionId.describe('Its version'),
  startedAt: milliseconds,
  endedAt: milliseconds.optional().describe('Left out while it runs'),
  first: percent.describe('The first load, in percent'),
  max: percent.describe('The highest load, in percent'),
  outcome: z
    .enum(SOAK_OUTCOMES)
    .describe(
      '`suffers`: the load was found; `sound`: not even the highest one was bad; `base`, `unreached`, `unknown`: as the last step; `frozen`: a freeze; `changed`: somebody changed the shadow or a version; `stopped`: by Ctrl-C or a failure',
    ),
  found: z
    .strictObject({ percent, load })
    .optional()
    .describe(
      'Where the backend began to suffer: between the last good load and the first bad one',
    ),
  steps: z.array(soakStep).max(MAX_SOAK_STEPS).describe('In the order in which they were made'),
})

export type Soak = Shaped<typeof soak>

export const keptSoak = soak.extend({
  toldAt: milliseconds.describe('When Holo was told; long ago and still running: it was killed'),
})

export type KeptSoak = Shaped<typeof keptSoak>

export const soaksReply = z.strictObject({
  soaks: z.array(keptSoak).describe('The last one of each pair of environments, the newest first'),
})

/** The command knows what it told. */
export const keptSoakAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(keptSoak.pick({ toldAt: true })),
)

export const soakOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    target: z.string(),
    dryRun: z.boolean(),
    stepSeconds: z.int().describe('The length of a step at least'),
    restored: z
      .boolean()
      .describe('Whether the shadow has its former settings; false if somebody changed them'),
    soak,
  }),
)
