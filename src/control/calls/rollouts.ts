// The calls that start, command and read rollouts.

import type { ControlParts } from '../parts.ts'
import type { RolloutCalls } from '../rollouts/contract.ts'

export function createRolloutCalls(parts: ControlParts): RolloutCalls {
  const { rights, external, collecting, rollouts, rolloutReader } = parts
  return {
    startRollout: (caller, start) =>
      rights.act(caller, 'shift', async (author) => {
        await external.lookWhenEmpty()
        return collecting.hold(() => rollouts.start(author, start))
      }),

    commandRollout: (caller, id, command, options = {}) =>
      rights.act(caller, 'shift', (author) => rollouts.command(author, id, command, options)),

    rollouts: (caller, page) => rights.answer(caller, 'read', () => rolloutReader.page(page)),

    rollout: (caller, id) => rights.answer(caller, 'read', () => rolloutReader.status(id)),

    explainRollout: (caller, id) => rights.answer(caller, 'read', () => rolloutReader.explain(id)),

    rolloutEvents: (caller, id, cursor) =>
      rights.answer(caller, 'read', () => rolloutReader.events(id, cursor)),
  }
}
