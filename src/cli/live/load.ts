// Reads what `holo watch` shows: a few calls of the API, one after the other, within one time limit.

import type { z } from 'zod'
import { closesAt, toWindow } from '../../core/counting/limits.ts'
import { environmentsAsRead } from '../../wire/environments.ts'
import { healthAsRead, servicesHealthAsRead } from '../../wire/health.ts'
import { revisionsAsRead } from '../../wire/history.ts'
import type { watchOutput } from '../../wire/output.ts'
import type { RolloutStatusAsRead } from '../../wire/rollout-output.ts'
import { shadowSumsAsRead } from '../../wire/shadow.ts'
import type { Api } from '../api.ts'
import { CliFailure } from '../failure.ts'
import { loadCounts, type RecentCounts, toFigures } from '../figures.ts'
import { isRunning, listRollouts, loadRollout } from '../rollout/find.ts'
import type { Target } from '../target.ts'

/** What one refresh brings. */
export type LivePage = Omit<z.infer<typeof watchOutput>, 'failed'>

/** All calls of one refresh together may take this long. */
export const REFRESH_TIMEOUT_MS = 20_000

/** Windows of ten seconds that the rate of requests is of. */
const RATE_WINDOWS = 6
const RATE_SECONDS = 60

/** Rollouts that begin between two refreshes are among so many; one that was seen is asked for by its number. */
const NEWEST_ROLLOUTS = '10'

/** How long a shadow is shown after its last copy. */
const SHADOW_SHOWN_MS = 3_600_000

/**
 * Returns a function that loads a page. It makes one call at a time, and remembers between pages what need not
 * be asked for again: the numbers of the rollouts that run, and the last change of a revision.
 */
export function createLoader(
  api: Api,
  target: Pick<Target, 'name' | 'url'>,
  now: () => number,
): () => Promise<LivePage> {
  /** `undefined` before the first page, and after a failure, in which much may have happened. */
  let running: readonly number[] | undefined
  let last: LivePage['last']
  const load = async (bounded: Api): Promise<LivePage> => {
    const { environments, revision } = await bounded.ask(environmentsAsRead, 'GET', '/environments')
    const { control } = await bounded.ask(healthAsRead, 'GET', '/health')
    const { services } = await bounded.ask(servicesHealthAsRead, 'GET', '/health/services')
    const counts = await loadCounts(bounded)
    const rollouts = await listRollouts(bounded, running && NEWEST_ROLLOUTS)
    const ids = new Set([...(running ?? []), ...rollouts.filter(isRunning).map(({ id }) => id)])
    const statuses: RolloutStatusAsRead[] = []
    for (const id of ids) statuses.push(await loadRollout(bounded, id))
    const shadows = await loadShadows(bounded)
    if (last?.revision !== revision) {
      const query = { limit: '1' }
      last = (await bounded.ask(revisionsAsRead, 'GET', '/revisions', { query })).revisions[0]
    }
    const runs = statuses.filter(isRunning)
    const [over] = [...statuses, ...rollouts]
      .filter((one) => !isRunning(one))
      .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
    running = runs.map(({ id }) => id)
    return {
      target: target.name,
      url: target.url.origin,
      at: now(),
      revision,
      published: control?.published ?? 0,
      ...(control?.publishError && { publishError: control.publishError }),
      ...(control?.externalProblem && { externalProblem: control.externalProblem }),
      ...(control?.freeze && { freeze: control.freeze }),
      ...(control?.windows && { windows: control.windows }),
      environments,
      figures: toFigures(counts).map((one) => ({
        ...one,
        perSecond: toPerSecond(counts, one.environment, now()),
      })),
      services: services.filter(({ origins }) => origins.length > 0),
      rollouts: runs,
      ...(over && { lastRollout: over }),
      shadows: shadows.filter(({ lastAt }) => now() - lastAt < SHADOW_SHOWN_MS),
      waiting: runs.flatMap(toWaiting),
      ...(last && { last }),
    }
  }
  return async () => {
    try {
      return await load(toBounded(api, performance.now() + REFRESH_TIMEOUT_MS))
    } catch (cause) {
      running = undefined
      last = undefined
      throw cause
    }
  }
}

/** An older Holo has no shadows, and not this address. */
async function loadShadows(api: Api): Promise<LivePage['shadows']> {
  try {
    const query = { limit: '1' }
    return (await api.ask(shadowSumsAsRead, 'GET', '/shadow', { query })).shadows
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'not_found') return []
    throw cause
  }
}

/** The same API, whose calls end at `deadline` at the latest. */
function toBounded(api: Api, deadline: number): Api {
  const timeoutMs = () => Math.max(1, Math.ceil(deadline - performance.now()))
  return {
    ...api,
    ask: (shape, method, path, call) =>
      api.ask(shape, method, path, { ...call, timeoutMs: timeoutMs() }),
  }
}

/** Of the last windows that have closed: what comes later is not counted any more. */
export function toPerSecond({ points }: RecentCounts, environment: string, now: number): number {
  let newest = toWindow(now)
  while (closesAt(newest) > now) newest--
  const requests = points
    .filter(({ at }) => toWindow(at) <= newest && toWindow(at) > newest - RATE_WINDOWS)
    .flatMap(({ series }) => series.filter((one) => one.environment === environment))
    .reduce((sum, one) => sum + one.requests, 0)
  return Math.round((requests * 1000) / RATE_SECONDS) / 1000
}

function toWaiting(rollout: RolloutStatusAsRead): LivePage['waiting'] {
  const { id, obstacle, held, paused, pause } = rollout
  if (paused !== undefined) {
    const why = pause?.cause === 'command' ? `paused by ${pause.by}` : `paused: ${paused}`
    return [{ rollout: id, why, command: `holo rollout resume ${id}` }]
  }
  if (obstacle?.kind !== 'manual' && !held) return []
  const why = held
    ? `its time is over, and it holds${obstacle ? `: ${obstacle.reason}` : ''}`
    : 'this step waits until somebody lets it go on'
  return [{ rollout: id, why, command: `holo rollout advance ${id}` }]
}
