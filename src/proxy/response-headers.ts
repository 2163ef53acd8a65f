// The headers of a backend's answer as the client is sent them: without those of the backend's
// connection and those that look like Holo's, with the backend's address replaced by the public
// one, also in cookies, and with nothing shared that was meant for one visitor.

import { memoise } from '../core/memoise.ts'
import { isHopByHop, listConnectionNames } from '../http/hop-by-hop.ts'
import { keepPrivate } from '../http/keep-private.ts'
import { toPublicLocation, toPublicPath, toPublicRefresh, type Way } from './addresses.ts'
import { dropHoloSetCookies } from './holo-cookies.ts'

/** Adapts a copy of the backend's headers for the client of a request that went this way. */
export function adaptToClient(headers: Headers, way: Way): void {
  // The names are collected before any header is changed; most answers have none that is.
  let names: string[] | undefined
  for (const name of headers.keys()) {
    if (toTreatment(name) === 'passed') continue
    names ??= []
    names.push(name)
  }
  if (!names) return
  for (const name of listConnectionNames(headers.get('connection'))) {
    if (TOKEN.test(name)) headers.delete(name)
  }
  for (const name of names) {
    const treatment = toTreatment(name)
    if (treatment === 'dropped') headers.delete(name)
    if (treatment !== 'location' && treatment !== 'refresh') continue
    const value = headers.get(name)
    if (value === null) continue
    if (treatment === 'location') headers.set(name, toPublicLocation(value, way))
    else headers.set(name, toPublicRefresh(value, way))
  }
  if (!names.includes('set-cookie') || !headers.has('set-cookie')) return
  dropHoloSetCookies(headers)
  mapSetCookies(headers, way)
  if (headers.has('set-cookie')) keepPrivate(headers)
}

type Treatment = 'passed' | 'dropped' | 'location' | 'refresh' | 'cookies'

/** What becomes of a header, whose name is in lower case. Backends send the same few names again and again. */
const toTreatment = memoise((name): Treatment => {
  if (isHopByHop(name) || name.startsWith('holo-')) return 'dropped'
  if (name === 'location' || name === 'content-location') return 'location'
  if (name === 'refresh') return name
  return name === 'set-cookie' ? 'cookies' : 'passed'
})

/** What can be the name of a header (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/

/**
 * A cookie with this prefix belongs to one host, and has to have `Path=/` (RFC 6265bis section
 * 4.1.3.2).
 */
const HOST_PREFIX = /^\s*__Host-/i
const IP_OR_LOCAL = /^(?:\[.*\]|[\d.]+|[^.]+)$/

/**
 * Rewrites the `Set-Cookie` lines for a request that went this way. Lines that need no change stay
 * byte for byte. The rules are those of nginx's `proxy_cookie_domain` and `proxy_cookie_path`.
 */
function mapSetCookies(headers: Headers, way: Way): void {
  const cookies = headers.getSetCookie()
  const mapped = cookies.map((cookie) => toPublicCookie(cookie, way))
  if (mapped.every((cookie, at) => cookie === cookies[at])) return
  headers.delete('set-cookie')
  for (const cookie of mapped) headers.append('set-cookie', cookie)
}

/** One `Set-Cookie` line for the visitor's browser. */
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
 * The value of `Domain`; `undefined` removes the attribute, so that only the visitor's host gets
 * the cookie. A domain that contains the visitor's host stays, and so does one that does not
 * contain the backend's, because the backend means exactly that domain.
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

/**
 * The value of `Path`, without its last slash, so that it matches the service's prefix itself too
 * (RFC 6265 section 5.1.4).
 */
function toCookiePath(path: string, way: Way): string {
  if (!path.startsWith('/')) return path
  const { prefix, basePath } = way
  if (prefix === '' && basePath === '') return path
  const mapped = toPublicPath(path, way)
  return mapped === `${prefix}/` ? prefix || '/' : mapped
}
