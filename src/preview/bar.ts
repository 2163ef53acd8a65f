// The bar in previewed pages: adds one script element at the end of a page, and serves the script. What
// the bar shows stands in an attribute, so that the script is the same for everybody.

import type { Decision } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { Facts } from '../http/facts.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { PREVIEW_SCRIPT_PATH } from '../http/own-paths.ts'
import type { PageTransform } from '../http/page-transform.ts'
import { BAR_SCRIPT } from './bar-script.ts'
import type { Opened } from './gate.ts'

/** What the bar shows. */
type BarContent = {
  readonly version: string
  readonly environment: string | undefined
  /** Milliseconds since the epoch; without a link there is no end. */
  readonly until: number | undefined
  readonly choice: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
}

/** The change that puts the bar into the pages of a preview; `undefined` for all other requests. */
export function toBarTransform(
  { method, kind, preview, host, grants }: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  { claims }: Opened,
): PageTransform | undefined {
  if (!preview || decision.reason !== 'preview' || kind !== 'document' || method !== 'GET') {
    return undefined
  }
  const { environments, previewHosts } = assignments
  const { version, environment } = decision
  const named = environments.get(environment)
  const isRestricted = named?.restricted === true && named.version === version
  const isHosted = previewHosts?.domains.has(host.slice(host.indexOf('.') + 1)) === true
  const choices = [
    ...[...preview.versions].map((id) => ({ value: id, label: id })),
    ...[...grants].flatMap((name) => {
      const shown = environments.get(name)
      return shown ? [{ value: `@${name}`, label: `${name} (${shown.version.id})` }] : []
    }),
  ]
  const content: BarContent = {
    version: version.id,
    environment: isRestricted || isChosen(environment, preview.choice) ? environment : undefined,
    until: claims?.expiresAt,
    choice: isRestricted ? `@${environment}` : version.id,
    // Under the host name of a version, the name says which one is shown.
    choices: isHosted ? [] : choices,
  }
  return { mark: 'preview', apply: (response) => addBar(response, content) }
}

function isChosen(environment: string, choice: NonNullable<Facts['preview']>['choice']): boolean {
  return choice !== undefined && 'environment' in choice && choice.environment === environment
}

/** The end of the document is always there; `</body>` may be missing. */
function addBar(response: Response, content: BarContent): Response {
  if (!HTML_TYPE.test(response.headers.get('content-type') ?? '')) return response
  const nonce = findNonce(response.headers.get('content-security-policy'))
  const attributes = [
    `src="${PREVIEW_SCRIPT_PATH}"`,
    `data-holo="${escapeAttribute(JSON.stringify(content))}"`,
    ...(nonce === undefined ? [] : [`nonce="${escapeAttribute(nonce)}"`]),
  ]
  const element = `<script ${attributes.join(' ')}></script>`
  return new HTMLRewriter()
    .onDocument({ end: (end) => void end.append(element, { html: true }) })
    .transform(response)
}

/** The nonce of a policy (CSP level 3 section 2.3.1): a page with one allows only scripts that have it. */
export function findNonce(policy: string | null): string | undefined {
  return /'nonce-([A-Za-z0-9+/_=-]{1,200})'/.exec(policy ?? '')?.[1]
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** The script of the bar. It holds nothing about any version. */
export function serveBarScript({ method }: Request): Response {
  const isRead = method === 'GET' || method === 'HEAD'
  return new Response(method === 'GET' ? BAR_SCRIPT : null, {
    status: isRead ? 200 : 405,
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
      ...(isRead ? {} : { allow: 'GET, HEAD' }),
    },
  })
}
