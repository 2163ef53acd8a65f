// The script that pins a tab to the version of its page: the element that pages get, and the script
// itself. browser/tab.ts is what it does.

import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import { type Insertion, toScriptElement } from '../http/insertion.ts'
import { TAB_SCRIPT, TAB_SCRIPT_HASH } from './tab-script.ts'

const PREFIX = '/.holo/tab-'
const PATH = `${PREFIX}${TAB_SCRIPT_HASH}.js`
const ANY_PATH = /^\/\.holo\/tab-[0-9a-f]{1,64}\.js$/

/**
 * The element comes before all scripts of the page, and holds them up until it has run: what they ask
 * for is asked with the pin.
 */
export function toTabPin({ version, environment }: Decision): Insertion {
  const pin = toPin(version.id, environment)
  return {
    key: `${pin}-${TAB_SCRIPT_HASH.slice(0, 8)}`,
    toHtml: (nonce) => toScriptElement({ src: PATH, 'data-pin': pin }, nonce),
  }
}

export function isTabScriptPath(path: string): boolean {
  return ANY_PATH.test(path)
}

const HEADERS = {
  'content-type': 'text/javascript; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  etag: `"${TAB_SCRIPT_HASH}"`,
}

/**
 * The script. A page that a service worker keeps may name that of an older Holo: it gets the present
 * one, and asks again the next time.
 *
 * @param path for which `isTabScriptPath` is true.
 */
export function serveTabScript({ method, headers }: Request, path: string): Response {
  if (method !== 'GET' && method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
  }
  const control = path === PATH ? 'public, max-age=31536000, immutable' : 'no-cache'
  const known = { ...HEADERS, 'cache-control': control }
  if (headers.get('if-none-match')?.includes(HEADERS.etag)) {
    return new Response(null, { status: 304, headers: known })
  }
  return new Response(method === 'HEAD' ? null : TAB_SCRIPT, { headers: known })
}
