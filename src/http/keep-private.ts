// Keeps a reply that is meant for one visitor out of every cache that others are served from.

/**
 * Orders to shared caches that outrank Cache-Control: RFC 9213 (`CDN-Cache-Control`, or such as
 * `Vercel-CDN-Cache-Control`), its forerunner, Akamai's, and nginx's.
 */
const TARGETED = /^(?:(?:.+-)?cdn-cache-control|surrogate-control|edge-control|x-accel-expires)$/

/** For a reply that is one visitor's: no shared cache may give it to another one. */
export function keepPrivate(headers: Headers): void {
  for (const name of [...headers.keys()]) if (TARGETED.test(name)) headers.delete(name)
  const directives = (headers.get('cache-control') ?? '')
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '')
  if (directives.some((directive) => /^(private|no-store)$/i.test(directive))) return
  const kept = directives.filter((directive) => !/^(public|s-maxage=.*)$/i.test(directive))
  headers.set('cache-control', ['private', ...kept].join(', '))
}
