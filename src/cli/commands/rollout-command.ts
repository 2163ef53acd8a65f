// `holo rollout start`, which shows the plan and what would move at once, and what people do to a rollout that
// runs: pause, resume, advance, promote, abort.

import { rolloutStartOutput } from '../../wire/changes.ts'
import { type RolloutStatusAsRead, rolloutCommandOutput, statusAsRead } from '../../wire/output.ts'
import type { RolloutCommand } from '../../wire/rollouts.ts'
import { changeDocument, confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { knowEnvironment, knowVersion, loadCurrent } from '../document.ts'
import { refused } from '../failure.ts'
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
  say: ({ environment, weight }) => `${environment} stays at ${toPercentText(weight)}`,
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
  if (phase === 'bake') return further === 0 ? held : 100
  if (phase !== 'step' || step === undefined) return undefined
  return plan.steps[step.number - 1 + further]?.weight ?? (plan.bake.minMs > 0 ? held : 100)
}

function toMove(rollout: RolloutStatusAsRead, to: number | undefined): string {
  const { environment, base, baseline, weight } = rollout
  const from = toPercentText(weight)
  if (to === undefined) return `${environment}: from ${from} to what its plan says`
  const next = toPercentText(to)
  if (from === next) return `${environment} stays at ${from}`
  const move = `${environment}: ${from} → ${next} of the visitors of`
  if (!baseline?.compared) return `${move} both, the rest to ${base}`
  // A plan says one weight for both: the baseline gets as many, or none from 50 % on and at the end.
  return `${move} ${environment}, ${baseline.environment} and ${base}`
}

const DEFAULT_PLAN = 'standard'
const DEFAULT_ENVIRONMENT = 'canary'

type StartOptions = ChangeOptions & {
  readonly plan?: string
  readonly environment?: string
  readonly base?: string
  readonly baselineVersion?: string
}

export const ROLLOUT_START = command({
  name: 'rollout start',
  about: 'Begins to roll a version out by a plan; a judge watches, and takes it back on evidence.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<version>', about: 'a published version' }],
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
      about: 'which gives the visitors (the first other public one that has traffic)',
    },
    {
      flags: '--baseline-version <version>',
      about:
        "for a plan with a baseline: the old build, published again with backends of its own (the base's version)",
    },
  ],
  examples: [
    { command: 'holo rollout start 0.0.6', about: 'and go to lunch' },
    {
      command: 'holo rollout start 0.0.6 --plan careful --yes --reason "build 812"',
      about: 'from a pipeline',
    },
  ],
  shape: rolloutStartOutput,
  run: async (context, [version]: [string], options: StartOptions) => {
    const id = toVersionId(version)
    const environment = toEnvironmentName(options.environment ?? DEFAULT_ENVIRONMENT)
    const base = options.base === undefined ? undefined : toEnvironmentName(options.base)
    const { name, document, plan } = await loadPlan(context, options.plan ?? DEFAULT_PLAN)
    const known = await loadCurrent(await context.api())
    knowVersion(id, known)
    if (base !== undefined) knowEnvironment(base, known)
    const { baselineVersion: given } = options
    const baselineVersion = given === undefined ? undefined : toVersionId(given)
    if (baselineVersion !== undefined) knowVersion(baselineVersion, known)
    const request = {
      title: `Roll ${id} out to ${environment} by the plan "${name}"`,
      method: 'POST',
      path: '/rollouts',
      body: { version: id, environment, base, plan: document, baselineVersion },
      about: toPlanLines(plan),
      next: 'holo rollout status --watch',
    }
    const { json, rollout, ...outcome } = await changeDocument(context, request, options, known)
    return { ...outcome, json: { ...json, ...(rollout === undefined ? {} : { rollout }) } }
  },
})
