// Finds the rollout for a command: the named one, or else the only one that runs, or else the last one.

import type * as z from 'zod'
import {
  type RolloutStatusAsRead,
  type RolloutSummaryAsRead,
  statusAsRead,
} from '../../wire/rollout-output.ts'
import { rolloutsReply } from '../../wire/rollouts.ts'
import { toTolerant } from '../../wire/tolerant.ts'
import type { Api, ApiCall } from '../api.ts'
import { needDocument } from '../document.ts'
import { CliFailure, misuse, refused } from '../failure.ts'

const listAsRead = toTolerant(rolloutsReply)

/** One page of the API. At most ten rollouts run at the same time, so the page has all of them. */
const MOST_LISTED = '100'

/** @throws CliFailure unless the text is a number of a rollout. */
export function toRolloutId(text: string): number {
  if (/^[1-9]\d{0,12}$/.test(text)) return Number(text)
  throw misuse(`"${text}" is not the number of a rollout: "holo rollout history" lists them`)
}

/** Newest first. */
export async function listRollouts(api: Api, limit = MOST_LISTED): Promise<RolloutSummaryAsRead[]> {
  const { rollouts } = await api.ask(listAsRead, 'GET', '/rollouts', { query: { limit } })
  return rollouts
}

/** Calls the API for one rollout. @throws CliFailure that names the number where there is no such rollout. */
export async function askOf<T>(
  api: Api,
  id: number,
  shape: z.ZodType<T>,
  method: string,
  below: string,
  call?: ApiCall,
): Promise<T> {
  try {
    return await api.ask(shape, method, `/rollouts/${id}${below}`, call)
  } catch (cause) {
    if (!(cause instanceof CliFailure && cause.code === 'not_found')) throw cause
    const { requestId } = cause.details
    await needDocument(api)
    const hint = '"holo rollout history" lists all rollouts'
    throw refused('no_rollout', `there is no rollout ${id}`, { hint, requestId })
  }
}

export function loadRollout(api: Api, id: number): Promise<RolloutStatusAsRead> {
  return askOf(api, id, statusAsRead, 'GET', '')
}

/** The number of the rollout that runs. @throws CliFailure if none runs, or several do. */
export async function findRunning(api: Api, named: string | undefined): Promise<number> {
  if (named !== undefined) return toRolloutId(named)
  const running = (await listRollouts(api)).filter(isRunning)
  const [only, other] = running
  if (!only) {
    await needDocument(api)
    throw refused('no_rollout', 'no rollout runs', { hint: 'start one with "holo rollout start"' })
  }
  if (other) {
    const names = running.map(({ id, environment }) => `${id} (${environment})`)
    throw misuse(`several rollouts run: ${names.join(', ')}`, 'name one by its number')
  }
  return only.id
}

/** The number of a rollout that runs, or else of the last one. @throws CliFailure if there is none. */
export async function findLatest(api: Api, named: string | undefined): Promise<number> {
  if (named !== undefined) return toRolloutId(named)
  const all = await listRollouts(api)
  const found = all.find(isRunning) ?? all[0]
  if (found) return found.id
  await needDocument(api)
  throw refused('no_rollout', 'there has been no rollout yet', {
    hint: 'start one with "holo rollout start"',
  })
}

export function isRunning({ endedAt }: Pick<RolloutSummaryAsRead, 'endedAt'>): boolean {
  return endedAt === undefined
}
