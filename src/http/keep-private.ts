// Keeps a reply that is meant for one visitor out of every cache that others are served from.

import { type Directive, parseCacheControl } from '../core/cache-control.ts'

/**
 * Orders to shared caches that outrank Cache-Control: RFC 9213 (`CDN-Cache-Control`, or such as
 * `Vercel-CDN-Cache-Control`), its forerunner, Akamai's, and nginx's.
 */
const TARGETED = /^(?:(?:.+-)?cdn-cache-control|surrogate-control|edge-control|x-accel-expires)$/

/** For a reply that is one visitor's: no shared cache may give it to another one. */
export function keepPrivate(headers: Headers): void {
  for (const name of [...headers.keys()]) if (TARGETED.test(name)) headers.delete(name)
  const directives = parseCacheControl(headers.get('cache-control'))
  const invitesSharing = directives.some(({ name }) => name === 'public' || name === 's-maxage')
  if (directives.some(isUnshared) && !invitesSharing) return
  const kept = directives.filter(
    (directive) =>
      !isUnqualifiedPrivate(directive) && !/^(?:public|s-maxage)$/.test(directive.name),
  )
  const texts = kept.map(({ text }) => text)
  headers.set(
    'cache-control',
    kept.some(isUnshared) ? texts.join(', ') : ['private', ...texts].join(', '),
  )
}

/** Says by itself that no shared cache may keep any of the reply. */
function isUnshared(directive: Directive): boolean {
  return isUnqualifiedPrivate(directive) || directive.name === 'no-store'
}

/** `private="name"` is about one header only (RFC 9111 section 5.2.2.7). */
function isUnqualifiedPrivate({ name, value }: Directive): boolean {
  return name === 'private' && value === undefined
}
