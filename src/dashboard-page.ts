// The dashboard's files under /.holo/: the page, and what it loads from /.holo/assets/. They are static assets of
// the Worker, which are read through a binding, so that an isolate that serves visitors holds none of them.
// src/dashboard is what is in the page.

import type { Env } from './env.ts'
import { errorResponse } from './http/errors.ts'

const PAGE_PATH = '/.holo/'
const FILES_PREFIX = '/.holo/assets/'

/** Names that Vite gives: no slash and no percent sign, so nothing outside of the folder can be named. */
const FILE_NAME = /^[\w.-]{1,120}\.(?<ending>js|css|svg)$/

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** A year. A file whose name is the hash of its content never changes. */
const FOREVER = 'public, max-age=31536000, immutable'

/**
 * The page loads and calls nothing but its own host, runs no inline code, sends no form, and is in nobody's frame.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PROTECTION = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Whether the dashboard answers this path, and not the API. */
export function isDashboardPath(path: string): boolean {
  return `${path}/` === PAGE_PATH || path === PAGE_PATH || path.startsWith(FILES_PREFIX)
}

/** Everything else on the host name that is only for the dashboard: no version of the site is served there. */
export function serveDashboardHost({ method }: Request, path: string, requestId: string): Response {
  const isRead = method === 'GET' || method === 'HEAD'
  if (path !== '/' || !isRead) return errorResponse('not_found', requestId)
  return new Response(null, { status: 302, headers: { ...PROTECTION, location: PAGE_PATH } })
}

/** @param path for which `isDashboardPath` is true. */
export async function serveDashboard(
  { method, headers }: Request,
  path: string,
  { DASHBOARD }: Pick<Env, 'DASHBOARD'>,
  requestId: string,
): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { ...PROTECTION, allow: 'GET, HEAD' } })
  }
  if (`${path}/` === PAGE_PATH) {
    return new Response(null, { status: 308, headers: { ...PROTECTION, location: PAGE_PATH } })
  }
  const name = path === PAGE_PATH ? undefined : path.slice(FILES_PREFIX.length)
  const ending = name === undefined ? 'html' : FILE_NAME.exec(name)?.groups?.ending
  if (ending === undefined || !DASHBOARD) return errorResponse('not_found', requestId)
  // The host is not looked at. The binding knows files by their path in the folder of the build.
  const url = new URL(
    name === undefined ? '/index.html' : `/assets/${name}`,
    'https://dashboard.invalid',
  )
  const known = headers.get('if-none-match')
  const found = await DASHBOARD.fetch(url, {
    headers: known === null ? {} : { 'if-none-match': known },
  })
  if (found.status !== 200 && found.status !== 304) {
    await found.body?.cancel()
    return errorResponse('not_found', requestId)
  }
  const etag = found.headers.get('etag')
  return new Response(method === 'HEAD' ? null : found.body, {
    status: found.status,
    headers: {
      ...PROTECTION,
      'content-type': TYPES[ending] ?? 'text/html; charset=utf-8',
      'cache-control': name === undefined ? 'no-cache' : FOREVER,
      ...(etag === null ? {} : { etag }),
    },
  })
}
