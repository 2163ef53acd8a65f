// `holo rollout start`: starts a rollout by a plan. Shows the plan first, and what would move at once.

import { rolloutStartOutput } from '../../wire/changes.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { loadCurrent } from '../document.ts'
import { knowEnvironment, knowVersion } from '../known-names.ts'
import { toEnvironmentName, toVersionId } from '../options.ts'
import { loadPlan } from '../plan.ts'
import { toPlanLines } from '../rollout/lines.ts'

const DEFAULT_PLAN = 'standard'
const DEFAULT_ENVIRONMENT = 'canary'

type StartOptions = ChangeOptions & {
  readonly plan?: string
  readonly environment?: string
  readonly base?: string
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
    const request = {
      title: `Roll ${id} out to ${environment} by the plan "${name}"`,
      method: 'POST',
      path: '/rollouts',
      body: { version: id, environment, base, plan: document },
      about: toPlanLines(plan),
      next: 'holo rollout status --watch',
    }
    const { json, rollout, ...outcome } = await changeDocument(context, request, options, known)
    return { ...outcome, json: { ...json, ...(rollout === undefined ? {} : { rollout }) } }
  },
})
