// Finds the plan that the command line names: a plan of holo.json, a preset, or a file. document/parse-plan.ts
// parses it.

import { type Plan, PRESETS } from '../core/rollout/plan.ts'
import { parsePlan } from '../document/parse-plan.ts'
import type { PlanDocument } from '../document/plan-schema.ts'
import type { Context } from './command.ts'
import { loadConfig } from './config.ts'
import { readJson } from './document.ts'
import { misuse, refused } from './failure.ts'
import { toSuggestion } from './suggest.ts'

export type NamedPlan = {
  /** The name on the command line. */
  readonly name: string
  /** What is sent to the API: the name of a preset, or the whole plan. */
  readonly document: string | PlanDocument
  readonly plan: Plan
}

/**
 * A plan in `rollouts` of holo.json has precedence over a preset with the same name. A name with "/" or with
 * ".json" at its end is a file, and `-` is standard input.
 *
 * @throws CliFailure that lists every problem of the plan.
 */
export async function loadPlan(
  context: Pick<Context, 'cwd' | 'streams' | 'shared'>,
  name: string,
): Promise<NamedPlan> {
  if (name === '-' || name.includes('/') || name.endsWith('.json')) {
    return toNamed(name, (await readJson(context, name)) as PlanDocument, name)
  }
  const found = await loadConfig(context.cwd, context.shared.config)
  const own = found?.config.rollouts ?? {}
  if (Object.hasOwn(own, name)) {
    return toNamed(name, own[name] as PlanDocument, `rollouts.${name} of holo.json`)
  }
  if (Object.hasOwn(PRESETS, name)) return toNamed(name, name, name)
  const known = [...Object.keys(own), ...Object.keys(PRESETS)]
  throw misuse(
    `there is no plan "${name}"${toSuggestion(name, known)}; there are ${known.join(', ')}`,
    'the name of a file needs a "/", or .json at its end',
  )
}

function toNamed(name: string, document: string | PlanDocument, where: string): NamedPlan {
  const parsed = parsePlan(document)
  if (parsed.ok) return { name, document, plan: parsed.value }
  const count = parsed.error.length
  throw refused(
    'invalid_plan',
    `${where} is not a valid plan: ${count === 1 ? 'one problem' : `${count} problems`}`,
    {
      problems: parsed.error.map(({ path, message }) => ({ path, message })),
    },
  )
}
