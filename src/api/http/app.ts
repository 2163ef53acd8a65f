// The API: Hono with the table of routes, and what every request goes through before its handler:
// credential, origin, scope, precondition, shape.

import { Hono } from 'hono'
import type { Caller, Credential, Principal } from '../../control/contract.ts'
import { OneAtATime, toOwner } from '../../control/one-at-a-time.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { hasScope } from '../../wire/scopes.ts'
import type { ContentStore } from '../content/content-store.ts'
import { createAsk, type GetControl, type Patience } from './ask-control.ts'
import { isFromElsewhere, readCredential } from './credential.ts'
import { API_PATH } from './openapi.ts'
import { type Parsed, parseRequest } from './parse-request.ts'
import { isKnown, toTag } from './precondition.ts'
import { type Failure, toFailure, toProblem } from './problems.ts'
import type { Handled, Reply, Route } from './route.ts'
import { TurnedAway } from './turned-away.ts'

/** What one request brings along. */
export type Surroundings = {
  /** The normalised path, which alone is matched. */
  readonly path: string
  readonly requestId: string
  readonly getControl: GetControl
  readonly store: ContentStore
  readonly now: number
  readonly patience?: Patience
}

type Bound = { Bindings: Surroundings }
export type App = Hono<Bound>

export function createApp(routes: readonly Route[]): App {
  const turnedAway = new TurnedAway()
  const alone = new OneAtATime()
  const app: App = new Hono<Bound>({ getPath: (_, options) => options?.env?.path ?? '/' })
  const methods = Map.groupBy(routes, ({ path }) => path)
  for (const [path, sharing] of methods) {
    const pattern = API_PATH + path.replace(/\{(\w+)\}/g, ':$1')
    for (const route of sharing) {
      app.on(route.method, pattern, async (context) => {
        const { req, env } = context
        const handled = await handle(route, req.raw, req.param(), { ...env, turnedAway, alone })
        return handled.ok
          ? toResponse(req.raw, route, handled.value)
          : toProblem(handled.error, env.requestId)
      })
    }
    const allowed = sharing.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    app.all(pattern, ({ env }) => toProblem({ kind: 'method_not_allowed', allowed }, env.requestId))
  }
  app.notFound(({ env }) => toProblem({ kind: 'not_found' }, env.requestId))
  app.onError((cause, { env }) => {
    console.error(`request ${env.requestId} failed`, cause)
    return toProblem({ kind: 'internal' }, env.requestId)
  })
  return app
}

async function handle(
  route: Route,
  request: Request,
  params: unknown,
  surroundings: Surroundings & { turnedAway: TurnedAway; alone: OneAtATime },
): Handled {
  const { getControl, store, requestId, now, patience, turnedAway, alone } = surroundings
  const ask = createAsk(getControl, requestId, patience)
  const shown = readCredential(request.headers)
  if (!shown.ok) {
    const isWelcome = route.scope === 'open' && shown.error === 'absent'
    return isWelcome ? route.handle({ caller: undefined, ask }) : err({ kind: 'unauthenticated' })
  }
  if (isFromElsewhere(request, shown.value)) return err({ kind: 'forbidden' })
  const caller = toCaller(request, shown.value, requestId)
  if (await turnedAway.has(caller, now)) return err({ kind: 'too_many_attempts' })
  const proved = await ask('none', (control) => control.authenticate(caller))
  if (!proved.ok) return proved
  if (!proved.value.ok) {
    await turnedAway.record(caller, proved.value.error, now)
    return err(toFailure(proved.value.error))
  }
  const admitted = admit(route, proved.value.value)
  if (!admitted.ok) return admitted
  if (route.scope === 'open') return route.handle({ caller, ask })
  const parsed = await parseRequest(route, request, params)
  if (!parsed.ok) return parsed
  const serve = () => route.handle({ ...(parsed.value as Parsed<never>), caller, ask, store, now })
  if (!route.oneAtATime) return serve()
  const served = await alone.run(route.path, toOwner(admitted.value), serve)
  return served.ok ? served.value : err({ kind: 'one_at_a_time' })
}

function toCaller({ headers }: Request, credential: Credential, requestId: string): Caller {
  return { credential, requestId, address: headers.get('cf-connecting-ip') ?? '' }
}

/** The route's own look at the scope; the control takes another with the call itself. */
function admit({ scope }: Route, principal: Principal): Result<Principal, Failure> {
  const isAdmitted = scope === 'open' || hasScope(principal.scopes, scope)
  return isAdmitted ? ok(principal) : err({ kind: 'forbidden' })
}

function toResponse(
  request: Request,
  route: Route,
  { body, revision, isUnfinished }: Reply,
): Response {
  const headers = new Headers({
    'content-type': route.repliesOctets
      ? 'application/octet-stream'
      : (route.type ?? 'application/json'),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  if (revision !== undefined) {
    headers.set('etag', toTag(revision))
    const isRead = route.method === 'GET'
    if (isRead && isKnown(request.headers.get('if-none-match'), revision)) {
      return new Response(null, { status: 304, headers })
    }
  }
  if (route.repliesOctets) return new Response(body as Uint8Array<ArrayBuffer>, { headers })
  const status = isUnfinished ? 202 : (route.status ?? 200)
  const text = route.type === undefined ? JSON.stringify(body) : String(body)
  return new Response(text, { status, headers })
}
