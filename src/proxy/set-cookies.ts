// The cookies that a backend sets, as its visitor's browser can keep them: `Domain` and `Path` say where
// the backend is, and the visitor is elsewhere. The model is nginx's `proxy_cookie_domain` and
// `proxy_cookie_path`. What is Holo's own among them, holo-cookies.ts takes out.

import { toPublicPath, type Way } from './addresses.ts'

/** Host-only by their name, and only with `Path=/` (RFC 6265bis section 4.1.3.2). */
const HOST_PREFIX = /^\s*__Host-/i
const IP_OR_LOCAL = /^(?:\[.*\]|[\d.]+|[^.]+)$/

/**
 * Rewrites the headers' `Set-Cookie` lines for a request that went this way; what needs no change
 * stays byte for byte.
 */
export function mapSetCookies(headers: Headers, way: Way): void {
  const cookies = headers.getSetCookie()
  const mapped = cookies.map((cookie) => toPublicCookie(cookie, way))
  if (mapped.every((cookie, at) => cookie === cookies[at])) return
  headers.delete('set-cookie')
  for (const cookie of mapped) headers.append('set-cookie', cookie)
}

/** One `Set-Cookie` line as the visitor's browser shall read it. */
export function toPublicCookie(cookie: string, way: Way): string {
  const [pair = '', ...attributes] = cookie.split(';')
  if (attributes.length === 0) return cookie
  const isHostOnly = HOST_PREFIX.test(pair)
  const kept = attributes.flatMap((attribute) => {
    const [, start = '', name = '', value = ''] =
      /^(\s*([^=\s]+)\s*=\s*)(.*?)\s*$/s.exec(attribute) ?? []
    switch (name.toLowerCase()) {
      case 'domain': {
        const domain = toPublicDomain(value, way)
        return domain === undefined ? [] : [domain === value ? attribute : start + domain]
      }
      case 'path': {
        const path = isHostOnly ? value : toCookiePath(value, way)
        return [path === value ? attribute : start + path]
      }
      default:
        return [attribute]
    }
  })
  return [pair, ...kept].join(';')
}

/**
 * `undefined` where the attribute goes, so that the cookie is the visitor's host's alone. A domain that
 * holds the visitor's host, and one that does not hold the backend's, is what the backend meant.
 */
function toPublicDomain(domain: string, { publicOrigin, backendUrl }: Way): string | undefined {
  const meant = domain.replace(/^\./, '').toLowerCase()
  const visited = new URL(publicOrigin).hostname
  if (meant === '' || isWithin(visited, meant)) return domain
  if (!isWithin(new URL(backendUrl).hostname, meant)) return domain
  return IP_OR_LOCAL.test(visited) ? undefined : visited
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

/** Without its last slash, so that it holds the service's prefix itself, too (RFC 6265 section 5.1.4). */
function toCookiePath(path: string, way: Way): string {
  if (!path.startsWith('/')) return path
  const { prefix, basePath } = way
  if (prefix === '' && basePath === '') return path
  const mapped = toPublicPath(path, way)
  return mapped === `${prefix}/` ? prefix || '/' : mapped
}
