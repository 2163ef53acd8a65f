// Builds the API from the table of routes, with Hono. It defines the steps of every request: credential,
// origin, precondition, schema, handler, the authentication that must succeed before any reply, and the
// cookie of a session.

import { Hono } from 'hono'
import type { Caller, Credential } from '../../control/contract.ts'
import { OneAtATime } from '../../control/one-at-a-time.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { HostRole } from '../../http/dashboard-host.ts'
import { API_PATH } from '../../wire/api-path.ts'
import type { SignInBody } from '../../wire/sessions.ts'
import type { ContentStore } from '../content/content-store.ts'
import { ControlClient, type ControlPatience, type GetControl } from './ask-control.ts'
import { type NoCredential, readCredential, toPrint, toSignInCredential } from './credential.ts'
import { mayBeForged } from './cross-site.ts'
import {
  isKnown,
  isSmallBody,
  MAX_UNPROVED_BODY_BYTES,
  type Parsed,
  parseRequest,
  toTag,
} from './parse-request.ts'
import { type Failure, REPLY_HEADERS, toProblem } from './problems.ts'
import type { Handled, Route, RouteReply, SignInRoute } from './route.ts'
import { maySignIn, readSession, toSetCookie } from './session-cookie.ts'
import { TurnedAway } from './turned-away.ts'

/** The request and what is needed to answer it. */
export type RequestSurroundings = {
  /** The normalised path: routes are matched against it and not against the path of the request. */
  readonly path: string
  readonly requestId: string
  readonly getControl: GetControl
  readonly store: ContentStore
  readonly now: number
  /** Left out: every host name is like any other. */
  readonly hostRole?: HostRole
  readonly dashboardHost?: string | undefined
  /** The age above which a page waits for a newer document, in milliseconds. */
  readonly staleAfterMs?: number
  readonly patience?: ControlPatience
}

type Bound = { Bindings: RequestSurroundings }
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
          ? toResponse(req.raw, route, handled.value, env.now)
          : toRefusal(req.raw, handled.error, env.requestId)
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

/**
 * The order of checks: the form of the credential, the origin of the request, the wrong credentials that
 * the isolate remembers, then the route. The first call of the control that the route makes authenticates
 * the credential and checks the scope. If the route makes none, that is done before the reply.
 */
async function handle(
  route: Route,
  request: Request,
  params: unknown,
  surroundings: RequestSurroundings & { turnedAway: TurnedAway; alone: OneAtATime },
): Handled {
  const { requestId, now, turnedAway, hostRole } = surroundings
  const isOfSite = hostRole === 'site'
  const shown =
    route.scope === 'sign-in'
      ? await readSignIn(route, request, isOfSite)
      : readCredential(request, isOfSite)
  if (!shown.ok) {
    if (typeof shown.error !== 'string') return err(shown.error)
    const isWelcome = route.scope === 'open' && shown.error === 'absent'
    return isWelcome ? route.handle(undefined) : err({ kind: 'unauthenticated' })
  }
  const intent = route.upgrades ? 'upgrade' : 'call'
  if (route.scope !== 'sign-in' && mayBeForged(request, shown.value.kind, intent)) {
    return err({ kind: 'cross_site' })
  }
  const caller = toCaller(route, request, shown.value, requestId)
  if (await turnedAway.has(caller, now)) return err({ kind: 'too_many_attempts' })
  const client = new ControlClient({ ...surroundings, caller })
  const handled = await run(route, request, params, { ...surroundings, caller, client })
  const proved = await client.prove()
  return proved.ok ? handled : proved
}

async function run(
  route: Route,
  request: Request,
  params: unknown,
  {
    caller,
    client,
    store,
    now,
    alone,
    dashboardHost,
    staleAfterMs,
  }: RequestSurroundings & { alone: OneAtATime; caller: Caller; client: ControlClient },
): Handled {
  const { ask } = client
  if (route.scope === 'open') return route.handle({ ask, caller, staleAfterMs })
  if (route.scope === 'sign-in') return route.handle({ ask, caller })
  if (route.upgrades && !asksForWebSocket(request)) return err({ kind: 'upgrade_required' })
  if (!isSmallBody(route, request)) {
    const proved = await client.prove()
    if (!proved.ok) return proved
  }
  const parsed = await parseRequest(route, request, params)
  if (!parsed.ok) return parsed
  const openStore = async () => {
    const proved = await client.prove()
    return proved.ok ? ok(store) : proved
  }
  const serve = () =>
    route.handle({
      ...(parsed.value as Parsed<never>),
      caller,
      ask,
      openStore,
      now,
      dashboardHost,
      origin: new URL(request.url).origin,
    })
  if (!route.oneAtATime) return serve()
  const served = await alone.run(route.path, await toPrint(caller.credential), serve)
  return served.ok ? served.value : err({ kind: 'one_at_a_time' })
}

function asksForWebSocket({ method, headers }: Request): boolean {
  return method === 'GET' && headers.get('upgrade')?.trim().toLowerCase() === 'websocket'
}

/** The credential in the body. A page of another site cannot sign a browser in. */
async function readSignIn(
  route: SignInRoute,
  request: Request,
  isOfSite: boolean,
): Promise<Result<Credential, Failure | NoCredential>> {
  if (isOfSite) {
    return err({
      kind: 'forbidden',
      detail: 'browsers sign in at the host name of the dashboard only',
    })
  }
  if (mayBeForged(request, 'token', 'sign-in')) return err({ kind: 'cross_site' })
  if (!maySignIn(request)) {
    return err({ kind: 'forbidden', detail: 'browsers sign in over https only' })
  }
  if (!isSmallBody(route, request)) {
    return err({ kind: 'body_too_large', limit: MAX_UNPROVED_BODY_BYTES })
  }
  const parsed = await parseRequest(route, request, undefined)
  return parsed.ok ? toSignInCredential(parsed.value.body as SignInBody) : parsed
}

function toCaller(
  { scope }: Route,
  { headers }: Request,
  credential: Credential,
  requestId: string,
): Caller {
  return {
    credential,
    requestId,
    address: headers.get('cf-connecting-ip') ?? '',
    ...(scope === 'open' || scope === 'sign-in' ? {} : { scope }),
  }
}

function toResponse(
  request: Request,
  route: Route,
  { body, revision, isUnfinished, session, upgraded }: RouteReply,
  now: number,
): Response {
  if (upgraded) return upgraded
  const headers = new Headers({
    'content-type': route.repliesOctets
      ? 'application/octet-stream'
      : (route.type ?? 'application/json'),
    ...REPLY_HEADERS,
  })
  const isKept = session !== undefined && session !== 'ended'
  if (isKept || (session === 'ended' && readSession(request) !== undefined)) {
    setSession(headers, request, session, now)
  }
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

/** A problem. A browser whose session is over forgets it, and is signed out instead of refused for ever. */
function toRefusal(request: Request, failure: Failure, requestId: string): Response {
  const response = toProblem(failure, requestId)
  const isOver = failure.kind === 'unauthenticated' && readSession(request) !== undefined
  if (isOver) setSession(response.headers, request, 'ended', 0)
  return response
}

function setSession(
  headers: Headers,
  request: Request,
  session: NonNullable<RouteReply['session']>,
  now: number,
): void {
  const kept =
    session === 'ended'
      ? undefined
      : { secret: session.secret, maxAgeS: Math.floor((session.endsAt - now) / 1000) }
  const line = toSetCookie(request, kept)
  if (line !== undefined) headers.append('set-cookie', line)
}
