// The headers of a backend's answer as the client is sent them: without those of the backend's
// connection and those that look like Holo's, with the backend's address replaced by the public one,
// also in cookies, and with nothing shared that was meant for one visitor.

import { toHopByHop } from '../http/hop-by-hop.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { toPublicLocation, toPublicPath, toPublicRefresh, type Way } from './addresses.ts'
import { dropHoloSetCookies } from './holo-cookies.ts'

/** Makes a copy of the backend's headers fit for the client of a request that went this way. */
export function adaptToClient(headers: Headers, way: Way): void {
  const isHopByHop = toHopByHop(headers)
  // Collected before any of them is changed.
  const names: string[] = []
  headers.forEach((_, name) => {
    names.push(name)
  })
  for (const name of names) {
    if (isHopByHop(name) || name.startsWith('holo-')) headers.delete(name)
    else if (name === 'location' || name === 'content-location') {
      headers.set(name, toPublicLocation(headers.get(name) ?? '', way))
    } else if (name === 'refresh') {
      headers.set(name, toPublicRefresh(headers.get(name) ?? '', way))
    }
  }
  if (!headers.has('set-cookie')) return
  dropHoloSetCookies(headers)
  mapSetCookies(headers, way)
  if (headers.has('set-cookie')) keepPrivate(headers)
}

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
