// Finds the plan that the command line names: one of holo.json, a preset, or a file. document/parse-plan.ts
// reads it.

import { type Plan, PRESETS } from '../core/rollout/plan.ts'
import { parsePlan } from '../document/parse-plan.ts'
import type { PlanDocument } from '../document/plan-schema.ts'
import type { Context } from './command.ts'
import { loadConfig } from './config.ts'
import { readJson } from './document.ts'
import { misuse, refused } from './failure.ts'
import { toSuggestion } from './suggest.ts'

export type NamedPlan = {
  /** As it was named. */
  readonly name: string
  /** As it is sent to the API: a preset's name, or a whole document. */
  readonly document: string | PlanDocument
  readonly plan: Plan
}

/**
 * A name of the `rollouts` of holo.json goes before a preset's; what has a "/" or ends in ".json" is
 * a file, and `-` is standard input.
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
    'a file is named with a "/" or with .json at its end',
  )
}

function toNamed(name: string, document: string | PlanDocument, where: string): NamedPlan {
  const parsed = parsePlan(document)
  if (parsed.ok) return { name, document, plan: parsed.value }
  const count = parsed.error.length
  throw refused(
    'invalid_plan',
    `${where} is no plan: ${count === 1 ? 'one problem' : `${count} problems`}`,
    {
      problems: parsed.error.map(({ path, message }) => ({ path, message })),
    },
  )
}
