// `holo shadow ramp`: a soak. Raises the load of a shadow in steps until its backend suffers, and says at which
// load that began. docs/shadow.md describes it.

import { InvalidArgumentError } from 'commander'
import {
  FIRST_PERCENT,
  LEAST_PERCENT,
  MAX_PERCENT,
  MAX_SOAK_STEPS,
  type SoakStep,
} from '../../core/shadow/soak.ts'
import { SHADOW_DEFAULTS } from '../../document/compile-shadow.ts'
import {
  MAX_CONCURRENT_COPIES,
  MAX_COPIES_PER_SECOND,
  type ShadowDocument,
} from '../../document/shadow.ts'
import { type Soak, soakOutput } from '../../wire/soak.ts'
import { createApi, toReason } from '../api.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type Context, command, type SharedOptions } from '../command.ts'
import { type KnownDocument, knowEnvironment, loadCurrent } from '../document.ts'
import { EXIT, type ExitCode, misuse, refused } from '../failure.ts'
import { parseReason, parseSeconds, toEnvironmentName } from '../options.ts'
import { toSoakLines, toStepLine } from '../soak/lines.ts'
import { askForPermission } from '../soak/shadow-fields.ts'
import {
  requireNoRollout,
  runSoakAt,
  type SoakDeps,
  type SoakEnd,
  type SoakSettings,
} from '../soak/soak.ts'
import { toPercentText, toSpan } from '../words.ts'

const DEFAULT_MAX_PERCENT = 100
const DEFAULT_STEP_S = 60
const MAX_STEP_S = 3600
/** Isolates have a new document within 5 s, and their counts arrive within 10 s after that. */
const DEFAULT_SETTLE_S = 15
const MAX_SETTLE_S = 300

type RampOptions = SharedOptions &
  Pick<ChangeOptions, 'yes' | 'dryRun' | 'reason'> & {
    readonly first?: number
    readonly max?: number
    readonly stepSeconds?: number
    readonly settleSeconds?: number
    readonly inFreeze?: boolean
  }

export const SHADOW_RAMP = command({
  name: 'shadow ramp',
  about:
    'Raises the load of a shadow in steps, stops when its backend suffers, and says at which load that began.',
  scope: 'admin',
  arguments: [{ name: '<environment>', about: 'whose requests are copied' }],
  options: [
    {
      flags: '--max <percent>',
      about: `the highest load; above 100 by repetition, at most ${MAX_PERCENT} (${DEFAULT_MAX_PERCENT})`,
      parse: parsePercent,
    },
    {
      flags: '--first <percent>',
      about: `the first load, from ${LEAST_PERCENT} (${FIRST_PERCENT})`,
      parse: parsePercent,
    },
    {
      flags: '--step-seconds <n>',
      about: `how long each load is made, 1 to ${MAX_STEP_S} (${DEFAULT_STEP_S}); up to ten times as long if little is compared`,
      parse: parseSeconds(MAX_STEP_S),
    },
    {
      flags: '--settle-seconds <n>',
      about: `the pause before and after each, in which isolates get the document and send counts, 1 to ${MAX_SETTLE_S} (${DEFAULT_SETTLE_S})`,
      parse: parseSeconds(MAX_SETTLE_S),
    },
    { flags: '--in-freeze', about: 'also while releases are frozen' },
    { flags: '-y, --yes', about: 'do not ask' },
    { flags: '--dry-run', about: 'shows what would be done, and changes nothing' },
    { flags: '--reason <text>', about: 'the reason, for the audit log', parse: parseReason },
  ],
  examples: [
    { command: 'holo shadow ramp main', about: 'up to the load that main has' },
    {
      command: 'holo shadow ramp main --max 300 --step-seconds 120 --yes',
      about: 'up to three times as much',
    },
  ],
  shape: soakOutput,
  run: async (context, [named]: [string], options: RampOptions) => {
    const {
      first = FIRST_PERCENT,
      max = DEFAULT_MAX_PERCENT,
      stepSeconds = DEFAULT_STEP_S,
      settleSeconds = DEFAULT_SETTLE_S,
      inFreeze: isInFreeze = false,
      reason = '',
    } = options
    if (first > max && options.first !== undefined) throw misuse('--first is above --max')
    const environment = toEnvironmentName(named)
    const api = await context.api()
    const target = await context.target()
    const known = await loadCurrent(api)
    await askForPermission(api)
    const found = findPair(known, environment)
    const settings: SoakSettings = {
      ...found,
      ...{ first: Math.min(first, max), max, isInFreeze, reason },
      stepMs: stepSeconds * 1000,
      settleMs: settleSeconds * 1000,
    }
    const { pair } = settings
    await requireNoRollout(api, pair)
    const plan = toPlanLines(settings, target.name)
    const told = { target: target.name, stepSeconds }
    if (options.dryRun) {
      const { first, max } = settings
      const soak: Soak = {
        ...{ ...pair, startedAt: Date.now(), first, max },
        ...{ outcome: 'stopped', steps: [] },
      }
      const json = { ...told, dryRun: true, restored: true, soak: toJson(soak) }
      return { json, lines: [...plan, 'A dry run: nothing was changed'] }
    }
    if (!options.json) for (const line of plan) context.say(line)
    await confirm(context, options, plan)
    const note = options.verbose ? context.say : () => {}
    const lastApi = createApi(target, { signal: new AbortController().signal, note })
    const end = await runSoakAt(settings, {
      ...{ api, lastApi, signal: context.signal },
      ...toProgress(context, options.json === true),
    })
    return toOutcome(context, settings, end, told)
  },
})

/** @throws CliFailure if nothing could be copied. */
function findPair(known: KnownDocument, from: string): Pick<SoakSettings, 'pair' | 'former'> {
  knowEnvironment(from, known)
  const { environments } = known.document
  const { version: base = '', shadow: former } = environments[from] ?? {}
  if (!former) {
    throw refused('no_shadow', `${from} has no shadow`, {
      hint: 'say in the document to which environment its requests are copied: docs/shadow.md',
    })
  }
  const { to, since, until = 0 } = former
  const shadow = environments[to]?.version ?? ''
  if (shadow === base) {
    throw refused('no_shadow', `${from} and ${to} have the same version: nothing is copied`)
  }
  if (since !== undefined && until > Date.now()) {
    throw refused('soak_runs', `another soak of ${to} runs`, {
      hint: `a step of it ends at ${new Date(until).toISOString()}`,
    })
  }
  return { pair: { from, base, to, shadow }, former }
}

function toPlanLines(settings: SoakSettings, target: string): string[] {
  const { pair, former, first, max, stepMs, settleMs } = settings
  const { from, base, to, shadow } = pair
  const wholeMs = stepMs + 2 * settleMs + (former.timeoutMs ?? SHADOW_DEFAULTS.timeoutMs)
  return [
    `Soak ${to} (${shadow}) with copies of the requests of ${from} (${base}) at ${target}`,
    `  from ${toPercentText(first)} to at most ${toPercentText(max)}, in at most ${MAX_SOAK_STEPS} steps; each takes ${toSpan(wholeMs)} or more`,
    `  up to ${MAX_COPIES_PER_SECOND} copies a second and ${MAX_CONCURRENT_COPIES} at a time in each isolate; the base is asked again for each read`,
    `  ${toBackText(former)}`,
  ]
}

function toBackText(former: ShadowDocument): string {
  return `then the shadow is as now: ${JSON.stringify(former)}`
}

function toProgress({ progress, say }: Context, isJson: boolean): Pick<SoakDeps, 'tick' | 'tell'> {
  const screen = progress?.isTTY ? progress : undefined
  return {
    tick: (doing, leftMs) =>
      void screen?.write(`\r\u001b[K${doing}: ${toSpan(leftMs + 999)} left `),
    tell: (step: SoakStep) => {
      screen?.write('\r\u001b[K')
      if (!isJson) say(toStepLine(step))
    },
  }
}

function toJson(soak: Soak) {
  return { ...soak, steps: [...soak.steps] }
}

/** What the exit codes mean: docs/cli.md. */
function toExitCode({ soak: { outcome }, isRestored }: SoakEnd): ExitCode {
  if (outcome === 'changed') return EXIT.stale
  if (!isRestored) return EXIT.unreachable
  if (outcome === 'stopped') return EXIT.interrupted
  return outcome === 'suffers' || outcome === 'sound' ? EXIT.done : EXIT.refused
}

function toOutcome(
  { columns, progress, say }: Context,
  { former }: SoakSettings,
  end: SoakEnd,
  told: { readonly target: string; readonly stepSeconds: number },
) {
  const { soak, isRestored, problem } = end
  if (progress?.isTTY) progress.write('\r\u001b[K')
  const why = problem === undefined ? [] : [toReason(problem)]
  if (!isRestored && soak.outcome !== 'changed') {
    say(
      `The former settings could not be put back; the copies end by themselves, at the end of the step. ${toBackText(former)}`,
    )
  }
  // Holo did not answer, or refused.
  if (soak.outcome === 'stopped' && problem !== undefined) {
    for (const line of toSoakLines(soak, columns)) say(line)
    throw problem
  }
  const json = { ...told, dryRun: false, restored: isRestored, soak: toJson(soak) }
  return { json, lines: [...toSoakLines(soak, columns), ...why], exitCode: toExitCode(end) }
}

function parsePercent(text: string): number {
  const percent = /^\d{1,4}(?:\.\d)?$/.test(text) ? Number(text) : Number.NaN
  if (percent >= LEAST_PERCENT && percent <= MAX_PERCENT) return percent
  throw new InvalidArgumentError(
    `a percentage from ${LEAST_PERCENT} to ${MAX_PERCENT}, with one decimal at most`,
  )
}
