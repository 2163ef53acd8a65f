// Puts what a version's `_headers` says on a reply, as far as it may: the first rule that names a
// header replaces Holo's, the next ones add to it, as with Cloudflare. Who may keep a page, a redirect
// or an error is not for a rule to say.

import { readAddress } from '../core/address.ts'
import { parseCacheControl } from '../core/cache-control.ts'
import type { Manifest } from '../core/site/manifest.ts'
import type { Intent } from '../core/site/resolve.ts'
import { compileHeaders, type HeaderChange, type HeaderRule } from '../core/site/rules.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { HTML_TYPE } from '../http/kind.ts'
import { isOpenable } from './lookup.ts'
import { SANDBOX } from './representation.ts'
import { type ApplyHeaders, isServiceWorkerRequest } from './serve.ts'

type HeaderRules = ReturnType<typeof compileHeaders>

/** Compiled when the first request needs them, kept as long as their manifest. */
const compiled = new WeakMap<readonly HeaderRule[], HeaderRules>()

/** The intent with the settings of the version that has it, where they say anything of headers. */
export function withConfig(manifest: Manifest, intent: Intent): Intent {
  return manifest.config.headers ? { ...intent, config: manifest.config } : intent
}

/** What puts the rules' headers on a reply; `undefined` where no rule is about this request. */
export function toApplyHeaders(intent: Intent, request: Request): ApplyHeaders | undefined {
  const rules = intent.config?.headers
  const address = rules && readAddress(request)
  if (!address) return undefined
  const host = address.url.hostname.replace(/\.$/, '')
  const changes = headersOf(rules)(host, address.path)
  if (changes.length === 0) return undefined
  return (headers) => {
    const ours = headers.get('cache-control') ?? ''
    const type = headers.get('content-type')
    applyChanges(headers, changes)
    limitCaching(headers, ours, intent, request)
    if (intent.kind === 'file' && intent.isElsewhere) limitElsewhere(headers, ours, type, intent)
  }
}

/** In the order of the rules: takes off, then sets what no rule has set before, else adds. */
function applyChanges(headers: Headers, changes: readonly HeaderChange[]): void {
  const named = new Set<string>()
  for (const { set, unset } of changes) {
    for (const name of unset) headers.delete(name)
    for (const [name, value] of set) {
      // What a reply varies by is known to Holo; a rule can only know of more.
      if (named.has(name) || name === 'vary') headers.append(name, value)
      else headers.set(name, value)
      named.add(name)
    }
  }
}

/** @param ours What Holo said about caches. */
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

/** What a rule says about the whole site, which is that of another version today. */
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
 * Rules of another version make no page of a file, and keep none that may not be kept.
 *
 * @param type As Holo said it; null in a 304, which would change the type that a browser has stored.
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

/** Only a name that changes with its content may be kept without asking. */
function dropImmutable(headers: Headers, ours: string): void {
  const control = headers.get('cache-control')
  if (control === null || !/immutable/i.test(control)) return
  const kept = parseCacheControl(control).filter(({ name }) => name !== 'immutable')
  headers.set('cache-control', kept.map(({ text }) => text).join(', ') || ours)
}

function headersOf(rules: readonly HeaderRule[]): HeaderRules {
  const known = compiled.get(rules)
  if (known) return known
  const made = compileHeaders(rules)
  compiled.set(rules, made)
  return made
}
