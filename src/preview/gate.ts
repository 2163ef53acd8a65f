// Lets a request see what a grant shows: a signed link, or an identity that a restricted environment
// admits. The link of a page is exchanged for a cookie and leaves the address. decide.ts then chooses the
// version; whoever has no grant is decided as if there were nothing to see.

import type { AccessSettings } from '../control/access/authority-settings.ts'
import type { Address } from '../core/address.ts'
import { type PreviewClaims, parsePreviewChoice, toPreviewChoiceText } from '../core/previews.ts'
import type { PreviewChoice, RequestKind } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import { previewCookie, readPreviewCookie } from '../http/cookies.ts'
import { errorResponse } from '../http/errors.ts'
import { type Granted, NOTHING_GRANTED } from '../http/facts.ts'
import { isPrefetch } from '../http/kind.ts'
import { splitQuery } from '../http/query.ts'
import { Identities } from './identities.ts'
import { Signatures } from './signatures.ts'

/** The header in which programs send a link's token. */
const TOKEN_HEADER = 'holo-preview'

/** Between the token and what was chosen with it. */
const CHOICE_MARK = '~'

/** How long a choice counts that needs no link, because an identity admits. */
const CHOICE_MAX_AGE_S = 24 * 3600

export type PreviewGateOptions = {
  readonly access: AccessSettings | undefined
  readonly fetch: typeof fetch
  readonly now: () => number
}

/** What a request may see, and the link that says so. */
export type Opened = {
  readonly granted: Granted
  /** What counts of the link; `undefined` without one. */
  readonly claims: PreviewClaims | undefined
  readonly token: string
}

export const CLOSED: Opened = { granted: NOTHING_GRANTED, claims: undefined, token: '' }

export class PreviewGate {
  readonly #options: PreviewGateOptions
  readonly #signatures = new Signatures()
  readonly #identities: Identities

  constructor(options: PreviewGateOptions) {
    this.#options = options
    this.#identities = new Identities(options.access, options.fetch, options.now)
  }

  /**
   * Whether nothing is shown to this request by a grant, as far as that is known without any work: it has
   * neither a link nor a JWT.
   */
  isClosed({ headers }: Request, isSecure: boolean, assignments: CompiledAssignments): boolean {
    return (
      readLink(headers, isSecure) === undefined &&
      !this.#identities.mayBeAdmitted(headers, assignments)
    )
  }

  /** What this request may see. */
  async open(
    { headers }: Request,
    isSecure: boolean,
    assignments: CompiledAssignments,
  ): Promise<Opened> {
    const text = readLink(headers, isSecure)
    const mayBeAdmitted = this.#identities.mayBeAdmitted(headers, assignments)
    if (text === undefined && !mayBeAdmitted) return CLOSED
    const now = this.#options.now()
    const admitting = mayBeAdmitted
      ? await this.#identities.listAdmitting(headers, assignments, now)
      : []
    return this.#open(text ?? '', admitting, assignments, now)
  }

  async #open(
    text: string,
    admitting: readonly string[],
    assignments: CompiledAssignments,
    now: number,
  ): Promise<Opened> {
    const { token, choice } = splitChoice(text)
    const checked = token === '' ? undefined : await this.#signatures.check(token, assignments, now)
    const claims = checked?.ok ? checked.value : undefined
    const grants = new Set([...admitting, ...(claims?.environments ?? [])])
    const isChosen = choice && 'environment' in choice && grants.has(choice.environment)
    if (!claims && !isChosen) {
      return grants.size > 0 ? { ...CLOSED, granted: { grants, preview: undefined } } : CLOSED
    }
    const preview = {
      versions: new Set(claims?.versions),
      environments: new Set(claims?.environments),
      choice,
    }
    return { granted: { grants, preview }, claims, token: claims ? token : '' }
  }

  /**
   * The answer to a page whose address has a link: a redirect to the address without it, with the cookie
   * if the link counts. A link that nobody has signed gets the same redirect without a cookie. `undefined`
   * if there is no link, or the request is for no page.
   */
  async exchange(
    request: Request,
    kind: RequestKind,
    { site, path, search: asked }: Address,
    assignments: CompiledAssignments,
    requestId: string,
  ): Promise<Response | undefined> {
    if (asked === '' || (kind !== 'document' && kind !== 'navigation')) return undefined
    const { search, preview: text } = splitQuery(asked)
    if (text === undefined) return undefined
    if (kind === 'navigation') {
      // A page that is fetched ahead would be shown later without the cookie.
      const isAhead = isPrefetch(request.headers)
      return isAhead ? errorResponse('not_found', requestId) : undefined
    }
    const { isSecure } = site
    const now = this.#options.now()
    const { token, choice } = splitChoice(text)
    if (token === '') {
      const kept = choice && (await this.#choose(request, isSecure, choice, assignments))
      return toRedirect(site.origin + path + search, kept)
    }
    const checked = await this.#signatures.check(token, assignments, now)
    if (!checked.ok && checked.error !== 'unsigned') return errorResponse('preview_over', requestId)
    const cookie =
      checked.ok && toCookie(token, choice, toSecondsLeft(checked.value, now), isSecure)
    return toRedirect(site.origin + path + search, cookie || undefined)
  }

  /** The cookie that keeps a choice, if this request may make it. */
  async #choose(
    request: Request,
    isSecure: boolean,
    choice: PreviewChoice,
    assignments: CompiledAssignments,
  ): Promise<string | undefined> {
    const { claims, granted, token } = await this.open(request, isSecure, assignments)
    const isAllowed =
      'environment' in choice
        ? granted.grants.has(choice.environment)
        : granted.preview?.versions.has(choice.version)
    if (!isAllowed) return undefined
    const left = claims ? toSecondsLeft(claims, this.#options.now()) : CHOICE_MAX_AGE_S
    return toCookie(token, choice, left, isSecure)
  }

  /**
   * `/.holo/preview?leave=1&to=/path` ends the preview of this browser, and `?choose=0.0.5&to=/path` shows
   * another version that its link allows. Only pages of this site may ask.
   */
  async serve(
    request: Request,
    { url, search }: Address,
    assignments: CompiledAssignments,
    requestId: string,
  ): Promise<Response> {
    if (request.method !== 'GET') {
      return errorResponse('method_not_allowed', requestId, { allow: 'GET' })
    }
    const asked = new URLSearchParams(search)
    const to = toOwnAddress(asked.get('to'), url)
    const site = request.headers.get('sec-fetch-site')
    if (site !== null && site !== 'same-origin' && site !== 'none') return toRedirect(to, undefined)
    const isSecure = url.protocol === 'https:'
    if (asked.has('leave')) return toRedirect(to, previewCookie('', 0, isSecure))
    const choice = parsePreviewChoice(asked.get('choose') ?? '')
    return toRedirect(to, choice && (await this.#choose(request, isSecure, choice, assignments)))
  }
}

function readLink(headers: Headers, isSecure: boolean): string | undefined {
  return headers.get(TOKEN_HEADER) ?? readPreviewCookie(headers.get('cookie'), isSecure)
}

function splitChoice(text: string): {
  readonly token: string
  readonly choice: PreviewChoice | undefined
} {
  if (text.startsWith('@')) return { token: '', choice: parsePreviewChoice(text) }
  const [token = '', chosen = ''] = text.split(CHOICE_MARK, 2)
  return { token, choice: parsePreviewChoice(chosen) }
}

function toCookie(
  token: string,
  choice: PreviewChoice | undefined,
  maxAgeS: number,
  isSecure: boolean,
): string {
  const chosen = choice ? CHOICE_MARK + toPreviewChoiceText(choice) : ''
  return previewCookie(token + chosen, maxAgeS, isSecure)
}

function toSecondsLeft({ expiresAt }: PreviewClaims, now: number): number {
  return Math.max(1, Math.floor((expiresAt - now) / 1000))
}

/** An address of this site; its first page for anything else. */
function toOwnAddress(text: string | null, { origin }: URL): string {
  const address = URL.parse(text ?? '/', origin)
  return address?.origin === origin ? address.href : `${origin}/`
}

/** The address with the link stays in no log of another site, in no cache and in no index. */
function toRedirect(location: string, cookie: string | undefined): Response {
  const headers = new Headers({
    location: new URL(location).href,
    'cache-control': 'no-store',
    'content-length': '0',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex',
  })
  if (cookie !== undefined) headers.append('set-cookie', cookie)
  return new Response(null, { status: 302, headers })
}
