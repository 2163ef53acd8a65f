// Keeps a reply that is meant for one visitor out of every shared cache.

import { type Directive, parseCacheControl } from '../core/cache-control.ts'

/**
 * Headers for shared caches that take precedence over Cache-Control: RFC 9213 (`CDN-Cache-Control`,
 * or such as `Vercel-CDN-Cache-Control`), its predecessor, Akamai's, and nginx's.
 */
const TARGETED = /^(?:(?:.+-)?cdn-cache-control|surrogate-control|edge-control|x-accel-expires)$/

/** Marks a reply as one visitor's, so that no shared cache gives it to another one. */
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

/** Whether the directive alone keeps the whole reply out of shared caches. */
function isUnshared(directive: Directive): boolean {
  return isUnqualifiedPrivate(directive) || directive.name === 'no-store'
}

/** `private="name"` concerns one header only (RFC 9111 section 5.2.2.7). */
function isUnqualifiedPrivate({ name, value }: Directive): boolean {
  return name === 'private' && value === undefined
}
