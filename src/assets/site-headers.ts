// Applies a version's `_headers` to a reply, within limits: the first rule that names a header
// replaces Holo's value, the next ones add to it, as with Cloudflare. Rules cannot decide who may
// keep a page, a redirect or an error.

import { readAddress } from '../core/address.ts'
import { parseCacheControl } from '../core/cache-control.ts'
import { memoiseByObject } from '../core/memoise.ts'
import type { Manifest } from '../core/site/manifest.ts'
import type { Intent } from '../core/site/resolve.ts'
import { compileHeaders, type HeaderChange } from '../core/site/rules.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { isOpenable } from './lookup.ts'
import { SANDBOX } from './representation.ts'
import { type ApplyHeaders, isServiceWorkerRequest } from './serve.ts'

/** Rules are compiled when the first request needs them, and kept as long as their manifest. */
const headersOf = memoiseByObject(compileHeaders)

/** Adds the version's settings to the intent, if they have header rules. */
export function withConfig(manifest: Manifest, intent: Intent): Intent {
  return manifest.config.headers ? { ...intent, config: manifest.config } : intent
}

/** The function that applies the rules to a reply; `undefined` if no rule concerns this request. */
export function toApplyHeaders(intent: Intent, request: Request): ApplyHeaders | undefined {
  const rules = intent.config?.headers
  const address = rules && readAddress(request)
  if (!address) return undefined
  const changes = headersOf(rules)(address.site.hostname, address.path)
  if (changes.length === 0) return undefined
  return (headers) => {
    const ours = headers.get('cache-control') ?? ''
    const type = headers.get('content-type')
    applyChanges(headers, changes)
    limitCaching(headers, ours, intent, request)
    if (intent.kind === 'file' && intent.isElsewhere) limitElsewhere(headers, ours, type, intent)
  }
}

/**
 * Applies the rules in order: removes headers, then sets those that no rule has set before, and
 * appends to the others.
 */
function applyChanges(headers: Headers, changes: readonly HeaderChange[]): void {
  const named = new Set<string>()
  for (const { set, unset } of changes) {
    for (const name of unset) headers.delete(name)
    for (const [name, value] of set) {
      // Holo knows what a reply varies by; a rule can only add to that.
      if (named.has(name) || name === 'vary') headers.append(name, value)
      else headers.set(name, value)
      named.add(name)
    }
  }
}

/** @param ours the `Cache-Control` that Holo has set. */
function limitCaching(headers: Headers, ours: string, intent: Intent, request: Request): void {
  const isFound = intent.kind === 'file' && intent.status === 200
  if (!isFound || isServiceWorkerRequest(request.headers)) {
    headers.set('cache-control', ours)
    keepPrivate(headers)
    return
  }
  const { type, hashed } = intent.entry
  if (!hashed) dropImmutable(headers, ours)
  const isPage = HTML_TYPE.test(type) || HTML_TYPE.test(headers.get('content-type') ?? '')
  if (isPage || headers.has('set-cookie')) keepPrivate(headers)
}

/**
 * Headers about the whole site. Today the site is another version than the one whose rules these
 * are.
 */
const ABOUT_THE_SITE = [
  'set-cookie',
  'clear-site-data',
  'refresh',
  'service-worker-allowed',
  'speculation-rules',
  'strict-transport-security',
  'nel',
  'report-to',
  'link',
]

/**
 * Limits the rules of another version: they must not turn a file into a page, nor cache what must
 * not be cached.
 *
 * @param type the type that Holo has set; null in a 304, whose type would replace the one that a
 *   browser has stored.
 */
function limitElsewhere(
  headers: Headers,
  ours: string,
  type: string | null,
  { entry }: Extract<Intent, { readonly kind: 'file' }>,
): void {
  if (type === null) headers.delete('content-type')
  else headers.set('content-type', type)
  headers.set('x-content-type-options', 'nosniff')
  for (const name of ABOUT_THE_SITE) headers.delete(name)
  const mayOpen = isOpenable(entry.type)
  if (!entry.hashed || mayOpen) headers.set('cache-control', ours)
  const policy = headers.get('content-security-policy') ?? ''
  if (mayOpen && !policy.includes(SANDBOX)) headers.append('content-security-policy', SANDBOX)
}

/**
 * Removes `immutable`: only a name that changes with its content may be kept without asking again.
 */
function dropImmutable(headers: Headers, ours: string): void {
  const control = headers.get('cache-control')
  if (control === null || !/immutable/i.test(control)) return
  const kept = parseCacheControl(control).filter(({ name }) => name !== 'immutable')
  headers.set('cache-control', kept.map(({ text }) => text).join(', ') || ours)
}
