// `holo rollout start`, which shows the plan and what would move at once, and what people do to a rollout that
// runs: pause, resume, advance, promote, abort.

import { rolloutStartOutput } from '../../wire/changes.ts'
import {
  type RolloutStatusAsRead,
  rolloutCommandOutput,
  statusAsRead,
} from '../../wire/rollout-output.ts'
import type { RolloutCommand } from '../../wire/rollouts.ts'
import { changeDocument, confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import {
  type KnownDocument,
  knowEnvironment,
  knowFlag,
  knowVersion,
  loadCurrent,
} from '../document.ts'
import { misuse, refused } from '../failure.ts'
import { CHANGE_OPTIONS, toEnvironmentName, toVersionId } from '../options.ts'
import { loadPlan } from '../plan.ts'
import { askOf, findRunning, isRunning, loadRollout } from '../rollout/find.ts'
import { toPlanLines, toStatusLines } from '../rollout/lines.ts'
import { toPercentText } from '../words.ts'

type CommandOptions = SharedOptions &
  Pick<ChangeOptions, 'yes' | 'dryRun' | 'reason' | 'belowFloor' | 'outsideWindow'>

/** Of the options that changes of the document take, those that a command to a rollout takes too. */
const OPTIONS = CHANGE_OPTIONS.filter(({ flags }) =>
  /--(?:yes|dry-run|reason|below-floor|outside-window)\b/.test(flags),
)

type Row = {
  readonly verb: RolloutCommand
  readonly about: string
  /** In words, what it would do to this rollout. */
  readonly say: (rollout: RolloutStatusAsRead) => string
}

export const ROLLOUT_PAUSE = toCommand({
  verb: 'pause',
  about: 'Lets nothing move by itself any more; evidence still takes the release back.',
  say: ({ flag, environment, version, weight }) =>
    `${flag === undefined ? environment : `flag ${flag}, ${version}`} stays at ${toPercentText(weight)}`,
})

export const ROLLOUT_RESUME = toCommand({
  verb: 'resume',
  about: 'Goes on with the plan, and gives the canary the weight of its step again.',
  say: (rollout) => toMove(rollout, toPlanned(rollout, 0)),
})

export const ROLLOUT_ADVANCE = toCommand({
  verb: 'advance',
  about: 'Goes to the next step, whatever the present gate asks for.',
  say: (rollout) => toMove(rollout, toPlanned(rollout, 1)),
})

export const ROLLOUT_PROMOTE = toCommand({
  verb: 'promote',
  about: 'Gives the version to everybody now, whatever the gates ask for.',
  say: ({ base, version, baseVersion }) => `${base}: ${baseVersion} → ${version}, for everybody`,
})

export const ROLLOUT_ABORT = toCommand({
  verb: 'abort',
  about: 'Takes the release back now.',
  say: (rollout) => {
    const { version, plan } = rollout
    const withdrawn = plan.withdraws ? `; ${version} is withdrawn, open tabs too` : ''
    return `${toMove(rollout, 0)}${withdrawn}`
  },
})

function toCommand({ verb, about, say }: Row): CommandRow {
  return command({
    name: `rollout ${verb}`,
    about,
    scope: 'shift',
    arguments: [{ name: '[id]', about: 'its number; the one that runs if left out' }],
    options: OPTIONS,
    examples: [
      { command: `holo rollout ${verb}`, about: 'the one that runs' },
      { command: `holo rollout ${verb} 7 --yes --reason "as agreed"`, about: 'from a script' },
    ],
    shape: rolloutCommandOutput,
    run: async (context, [named]: [string | undefined], options: CommandOptions) => {
      const api = await context.api()
      const { name: target } = await context.target()
      const before = await loadRollout(api, await findRunning(api, named))
      if (!isRunning(before)) {
        throw refused('rollout_refused', `rollout ${before.id} is over: ${before.phaseText}`)
      }
      const does = say(before)
      const plan = [
        `${verb} rollout ${before.id} at ${target}, which is in ${before.phaseText}`,
        `  ${does}`,
      ]
      if (options.dryRun) {
        const json = { target, dryRun: true, does, rollout: before }
        return { json, lines: [...plan, 'A dry run: nothing was changed'] }
      }
      if (!options.json) for (const line of plan) context.say(line)
      await confirm(context, options, plan)
      const rollout = await askOf(api, before.id, statusAsRead, 'POST', `/${verb}`, {
        query: {
          reason: options.reason,
          ...(options.belowFloor ? { belowFloor: 'true' } : {}),
          ...(options.outsideWindow ? { outsideWindow: 'true' } : {}),
        },
      })
      const json = { target, dryRun: false, does, rollout }
      return { json, lines: toStatusLines(rollout, context.style, context.columns) }
    },
  })
}

/**
 * The weight that the plan has for the step that is `further` steps ahead. `undefined` where Holo gives no
 * number of the step (an older one), or a phase that this command does not know (a newer one).
 */
function toPlanned(rollout: RolloutStatusAsRead, further: number): number | undefined {
  const { plan, phase, step } = rollout
  const held = 100 - plan.bake.heldBack
  if (phase === 'smoke') {
    return further === 0
      ? 0
      : (plan.steps[further - 1]?.weight ?? (plan.bake.minMs > 0 ? held : 100))
  }
  if (phase === 'bake') return further === 0 ? held : 100
  if (phase !== 'step' || step === undefined) return undefined
  return plan.steps[step.number - 1 + further]?.weight ?? (plan.bake.minMs > 0 ? held : 100)
}

function toMove(rollout: RolloutStatusAsRead, to: number | undefined): string {
  const { flag, version, baseVersion, base, baseline, weight } = rollout
  const environment = flag === undefined ? rollout.environment : `flag ${flag}, ${version}`
  const from = toPercentText(weight)
  if (to === undefined) return `${environment}: from ${from} to what its plan says`
  const next = toPercentText(to)
  if (from === next) return `${environment} stays at ${from}`
  const move = `${environment}: ${from} → ${next} of the visitors of`
  if (flag !== undefined) return `${move} its split, the rest ${baseVersion}`
  if (!baseline?.compared) return `${move} both, the rest to ${base}`
  // The plan's weight is for each of the two: the baseline gets as many visitors, or none from 50 % on and at the end.
  return `${move} ${environment}, ${baseline.environment} and ${base}`
}

const DEFAULT_PLAN = 'standard'
const DEFAULT_ENVIRONMENT = 'canary'

type StartOptions = ChangeOptions & {
  readonly plan?: string
  readonly environment?: string
  readonly base?: string
  readonly baselineVersion?: string
  readonly flag?: string
  readonly variant?: string
}

export const ROLLOUT_START = command({
  name: 'rollout start',
  about:
    'Begins to roll a version out by a plan, or a variant of a flag; a judge watches, and takes it back on evidence.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '[version]', about: 'a published version; left out with --flag' }],
  options: [
    {
      flags: '--plan <plan>',
      about: `careful, standard, blue-green, instant, one of holo.json, or a file (${DEFAULT_PLAN})`,
    },
    {
      flags: '--environment <name>',
      about: `which gets it; made where there is none (${DEFAULT_ENVIRONMENT})`,
    },
    {
      flags: '--base <name>',
      about:
        'which gives the visitors (the first other public one that has traffic); of a flag a variant (its default)',
    },
    {
      flags: '--baseline-version <version>',
      about:
        "for a plan with a baseline: the old build, published again with backends of its own (the base's version)",
    },
    { flags: '--flag <key>', about: 'a flag, in the place of a version' },
    { flags: '--variant <name>', about: 'which variant of it visitors get' },
  ],
  examples: [
    { command: 'holo rollout start 0.0.6', about: 'and go to lunch' },
    {
      command: 'holo rollout start 0.0.6 --plan careful --yes --reason "build 812"',
      about: 'from a pipeline',
    },
    {
      command: 'holo rollout start --flag new-checkout --variant on',
      about: 'a variant of a flag, as a version',
    },
  ],
  shape: rolloutStartOutput,
  run: async (context, [version]: [string | undefined], options: StartOptions) => {
    if ((version === undefined) === (options.flag === undefined)) {
      throw misuse(
        'name what is rolled out: a version, or a flag with --flag and --variant',
        'as in "holo rollout start 0.0.6"',
      )
    }
    const asked = version === undefined ? toFlagWish(options) : toVersionWish(version, options)
    const { name, document, plan } = await loadPlan(context, options.plan ?? DEFAULT_PLAN)
    const known = await loadCurrent(await context.api())
    asked.check(known)
    const request = {
      title: `Roll ${asked.title} by the plan "${name}"`,
      method: 'POST',
      path: '/rollouts',
      body: { ...asked.body, plan: document },
      // What a version that is taken back leaves behind does not concern a flag.
      about: toPlanLines(version === undefined ? { ...plan, withdraws: false } : plan),
      next: 'holo rollout status --watch',
    }
    const { json, rollout, ...outcome } = await changeDocument(context, request, options, known)
    return { ...outcome, json: { ...json, ...(rollout === undefined ? {} : { rollout }) } }
  },
})

/** What is rolled out: as the title of the change says it, as the API takes it, and whether the document has it. */
type Wish = {
  readonly title: string
  readonly body: object
  readonly check: (known: KnownDocument) => void
}

function toVersionWish(version: string, options: StartOptions): Wish {
  if (options.variant !== undefined) throw misuse('--variant is for flags: name one with --flag')
  const id = toVersionId(version)
  const environment = toEnvironmentName(options.environment ?? DEFAULT_ENVIRONMENT)
  const base = options.base === undefined ? undefined : toEnvironmentName(options.base)
  const { baselineVersion: given } = options
  const baselineVersion = given === undefined ? undefined : toVersionId(given)
  return {
    title: `${id} out to ${environment}`,
    body: { version: id, environment, base, baselineVersion },
    check: (known) => {
      knowVersion(id, known)
      if (base !== undefined) knowEnvironment(base, known)
      if (baselineVersion !== undefined) knowVersion(baselineVersion, known)
    },
  }
}

function toFlagWish({ flag = '', variant, base, ...options }: StartOptions): Wish {
  if (variant === undefined) throw misuse(`name the variant of "${flag}" with --variant`)
  if (options.environment !== undefined || options.baselineVersion !== undefined) {
    throw misuse('--environment and --baseline-version are for versions, and --flag names a flag')
  }
  return {
    title: `"${variant}" of the flag ${flag} out`,
    body: { flag, variant, base },
    check: ({ document: { flags = {} } }) => {
      knowFlag(flag, flags)
      const { variants } = flags[flag] ?? { variants: {} }
      const missing = [variant, base].find(
        (name) => name !== undefined && !Object.hasOwn(variants, name),
      )
      if (missing === undefined) return
      const names = Object.keys(variants).join(', ')
      throw misuse(`the flag "${flag}" has no variant "${missing}"; it has ${names}`)
    },
  }
}
