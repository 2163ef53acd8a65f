// Between the address that the client sees and the one that the backend sees: paths on the way in,
// `Location` on the way out.

import type { Service } from '../core/types.ts'

/** How one request was sent. */
export type Way = {
  /** Such as `https://shop.example.com`. */
  readonly publicOrigin: string
  /** The whole address that the backend was asked for. */
  readonly backendUrl: string
  /** What was taken off the front of the path and is put back: empty, or such as `/api`. */
  readonly prefix: string
}

/** What a service takes off: empty, or its prefix without the last slash. */
export function toStripped({ prefix, stripPrefix }: Service): string {
  return stripPrefix ? prefix.slice(0, -1) : ''
}

/** The path (and query) that the backend is asked for; `path` belongs to the service. */
export function toBackendPath(path: string, stripped: string): string {
  const rest = path.slice(stripped.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * An address that the backend sends its visitor to, as the visitor reaches it. The backend's own
 * becomes the public one, whatever scheme it has: the backend often does not know that something in
 * front of it speaks https. Other hosts' addresses stay byte for byte, and relative ones do where
 * the visitor's path is the backend's.
 */
export function toPublicLocation(location: string, way: Way): string {
  const { publicOrigin, backendUrl, prefix } = way
  // To a browser a backslash is a slash.
  const isAbsolute = /^\s*(https?:)?[/\\]{2}/i.test(location)
  if (!isAbsolute && prefix === '') return location
  const url = URL.parse(location, backendUrl)
  if (!url || url.host !== new URL(backendUrl).host || !/^https?:$/.test(url.protocol)) {
    return location
  }
  const path = prefix + url.pathname + url.search + url.hash
  return isAbsolute ? publicOrigin + path : path
}
