// Asks the other version of a rollout what it answers to a request with which a visitor has met a
// failure. What both versions do with the same request says nothing about either: anybody could ask for
// a page that fails everywhere. The visitor's reply is sent by then, and does not wait.

import { type ActOptions, act, toCountedReply } from './act.ts'
import { toRoute } from './core/counting/routes.ts'
import { maySee } from './core/pins.ts'
import { matchService } from './core/services.ts'
import type { Environment, Service } from './core/types.ts'
import { ASK_OTHER_AFTER_TIMEOUT_MS, ASK_OTHER_MS, type CopyAbout } from './metrics/copies.ts'
import type { Counter } from './metrics/counter.ts'
import { listMet, toFailureCode } from './metrics/met.ts'
import type { Doubt } from './metrics/recorder.ts'
import { isWebSocketUpgrade } from './proxy/request-headers.ts'

/** Whether a request can be repeated: it has no effects by its method, no body and no connection. */
export function mayAskOther(request: Request): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRead && request.body === null && !isWebSocketUpgrade(request)
}

/**
 * Records what a visitor has met, unless the other version does the same with the same request. Never
 * throws.
 *
 * @param situation that of the visitor's request.
 */
export async function askOther(
  doubt: Doubt,
  situation: ActOptions,
  { recorder, copies }: Pick<Counter, 'recorder' | 'copies'>,
): Promise<void> {
  const { facts, decision, assignments, backends } = situation
  const [own, theirs] = findServices(doubt, situation)
  if (!own || !theirs) return recorder.recordDoubt(doubt, false)
  const about: CopyAbout = {
    site: doubt.site,
    metric: doubt.met.metric,
    route: toRoute(facts.method, facts.path, assignments.measure.routes),
    prefix: own.prefix,
  }
  const isOut = (service: Service) => backends.origins.isDown(service, [])
  if (isOut(theirs.service) || !copies.spend(about, Date.now())) {
    const isOutage = about.metric === 'errors' && isOut(own) && isOut(theirs.service)
    return recorder.recordDoubt(doubt, isOutage || copies.recall(about, Date.now()))
  }
  const { environment } = theirs
  const isSame = await isSameElsewhere(doubt, {
    ...situation,
    decision: { ...decision, environment: environment.name, version: environment.version },
  })
  copies.learn(about, isSame, Date.now())
  recorder.recordDoubt(doubt, isSame)
}

type Theirs = { readonly environment: Environment; readonly service: Service }

/** The service that answered, and that of the other version; `undefined` where it must not be asked. */
function findServices(
  { other }: Doubt,
  { facts, decision, assignments }: ActOptions,
): [own: Service | undefined, theirs: Theirs | undefined] {
  const { path } = facts
  const own = matchService(decision.version.services, path)
  const environment = assignments.environments.get(other)
  if (!environment || environment.version === decision.version) return [own, undefined]
  if (!maySee(environment.version, assignments, facts)) return [own, undefined]
  if (assignments.measure.keptFromOther.some((matches) => matches(path))) return [own, undefined]
  const service = matchService(environment.version.services, path)
  return [own, service && { environment, service }]
}

/** Whether a version does with a request what the doubt is about. */
async function isSameElsewhere({ met }: Doubt, situation: ActOptions): Promise<boolean> {
  const isTimeout = met.code === 'origin_timeout'
  const controller = new AbortController()
  const { signal } = controller
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(
    () => {
      late.resolve(isTimeout)
      controller.abort()
    },
    isTimeout ? ASK_OTHER_AFTER_TIMEOUT_MS : ASK_OTHER_MS,
  )
  try {
    return await Promise.race([late.promise, meetsSame(met.metric, situation, signal)])
  } catch (cause) {
    console.warn(`request ${situation.requestId}: the other version could not be asked`, cause)
    return false
  } finally {
    clearTimeout(timer)
  }
}

async function meetsSame(
  metric: string,
  situation: ActOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { facts, assignments } = situation
  const acted = await act({
    ...situation,
    // The visitor may leave, now that the reply is sent.
    request: new Request(situation.request, { signal }),
    requestId: `${situation.requestId} (copy)`,
    toWatched: () => undefined,
    isCopy: true,
  })
  void Promise.allSettled([acted.response.body?.cancel()])
  const reply = toCountedReply(acted, situation.request.method)
  const met = listMet(facts, assignments.measure, reply, toFailureCode(reply))
  return met.some((one) => one.metric === metric)
}
