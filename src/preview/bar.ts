// The bar in previewed pages: the script element that pages get, and the script itself. What the bar shows
// stands in an attribute, so that the script is the same for everybody.

import { murmur3Text } from '../core/murmur3.ts'
import type { PreviewClaims } from '../core/previews.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledAssignments } from '../document/compile.ts'
import type { Facts } from '../http/facts.ts'
import { type Insertion, toScriptElement } from '../http/insertion.ts'
import { PREVIEW_SCRIPT_PATH } from '../http/own-paths.ts'
import { BAR_SCRIPT } from './bar-script.ts'

/** What the bar shows. */
type BarContent = {
  readonly version: string
  readonly environment: string | undefined
  /** Milliseconds since the epoch; without a link there is no end. */
  readonly until: number | undefined
  readonly choice: string
  readonly choices: readonly { readonly value: string; readonly label: string }[]
}

/**
 * The bar of a page that is opened in a preview; `undefined` for all other requests. A page in a frame
 * has none: the page around it shows one.
 */
export function toPreviewBar(
  { method, kind, preview, host, grants }: Facts,
  decision: Decision,
  assignments: CompiledAssignments,
  claims: PreviewClaims | undefined,
): Insertion | undefined {
  // No frame is asked for with HEAD.
  const isOpened = kind === 'document' || (kind === 'navigation' && method === 'HEAD')
  if (!preview || decision.reason !== 'preview' || !isOpened) return undefined
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
  const data = JSON.stringify(content)
  return {
    key: `preview-${murmur3Text(data).toString(16)}`,
    toHtml: (nonce) => toScriptElement({ src: PREVIEW_SCRIPT_PATH, 'data-holo': data }, nonce),
  }
}

function isChosen(environment: string, choice: NonNullable<Facts['preview']>['choice']): boolean {
  return choice !== undefined && 'environment' in choice && choice.environment === environment
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
