// Drives rollouts: not yet.

import { err, ok, type Result } from '../../core/result.ts'
import type { Author } from '../change.ts'
import type { PageQuery } from '../contract.ts'
import type {
  Explanation,
  Replay,
  RolloutCommand,
  RolloutRefused,
  RolloutStatus,
  RolloutSummary,
  Start,
  Started,
} from './contract.ts'

const problems = [{ path: '', message: 'this control drives no rollouts yet' }]

export class Rollouts {
  async start(_author: Author, _start: Start): Promise<Result<Started, RolloutRefused>> {
    return err({ kind: 'rollout_refused', problems })
  }

  async command(
    _author: Author,
    _id: number,
    _command: RolloutCommand,
    _reason: string | undefined,
  ): Promise<Result<RolloutStatus | undefined, RolloutRefused>> {
    return ok(undefined)
  }

  page(_page: PageQuery): readonly RolloutSummary[] {
    return []
  }

  status(_id: number): RolloutStatus | undefined {
    return undefined
  }

  explain(_id: number): Explanation | undefined {
    return undefined
  }

  async replay(_id: number): Promise<Replay | undefined> {
    return undefined
  }
}
