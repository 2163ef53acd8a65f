// The settings of a version, which its manifest holds as JSON: reads and checks them. resolve.ts
// and assets/ apply them.

import { err, ok, type Result } from '../result.ts'
import { type HeaderRule, isHeaderRules, isRedirectRules, type RedirectRule } from './rules.ts'

export const HTML_HANDLING = [
  'auto-trailing-slash',
  'force-trailing-slash',
  'drop-trailing-slash',
  'none',
] as const
export const NOT_FOUND = ['none', '404-page', 'single-page-application'] as const

export type ManifestConfig = {
  /** Under which path a page is found: as in Cloudflare's `html_handling`. */
  readonly htmlHandling: (typeof HTML_HANDLING)[number]
  /** What is shown where there is nothing: as in Cloudflare's `not_found_handling`. */
  readonly notFound: (typeof NOT_FOUND)[number]
  /** The page of a single-page application, as a decoded path; absent for `/index.html`. */
  readonly appPage?: string
  /** The rules of its `_headers`; absent without any. */
  readonly headers?: readonly HeaderRule[]
  /** The rules of its `_redirects`, in order; absent without any. */
  readonly redirects?: readonly RedirectRule[]
  /** What its pages load at once, as manifest paths: a hint that changes no reply. */
  readonly loads?: PageLoads
  /** Blobs that the manifest itself holds, by hash: where they begin in its text, and their length. */
  readonly inline?: Readonly<Record<string, readonly [offset: number, length: number]>>
}

/** Files by the page that loads them, all as manifest paths. */
export type PageLoads = Readonly<Record<string, readonly string[]>>

/** The page of a single-page application that sets no other. */
export const DEFAULT_APP_PAGE = '/index.html'

/** Cloudflare's default, and the setting of versions that were published without one. */
export const DEFAULT_HTML_HANDLING = 'auto-trailing-slash'

/** The settings of a stored manifest, or one sentence that says what is wrong with them. */
export function parseManifestConfig(text: string): Result<ManifestConfig, string> {
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch (cause) {
    return err(`manifest configuration is not JSON: ${String(cause)}`)
  }
  const fields: Readonly<Record<string, unknown>> = Object(stored)
  const {
    htmlHandling = DEFAULT_HTML_HANDLING,
    notFound,
    appPage,
    headers,
    redirects,
    loads,
    inline,
  } = fields
  if (!isOneOf(HTML_HANDLING, htmlHandling)) return refuse('htmlHandling', htmlHandling)
  if (!isOneOf(NOT_FOUND, notFound)) return refuse('notFound', notFound)
  if (appPage !== undefined && typeof appPage !== 'string') return refuse('appPage', appPage)
  if (headers !== undefined && !isHeaderRules(headers)) return refuse('headers', headers)
  if (redirects !== undefined && !isRedirectRules(redirects)) return refuse('redirects', redirects)
  return ok({
    htmlHandling,
    notFound,
    ...(appPage !== undefined && { appPage }),
    ...(headers && { headers }),
    ...(redirects && { redirects }),
    ...(isPageLoads(loads) && { loads }),
    ...(isInline(inline) && { inline }),
  })
}

/** A hint of another form is left out: a version is served without it. */
function isPageLoads(value: unknown): value is PageLoads {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every(
    (files: unknown) => Array.isArray(files) && files.every((file) => typeof file === 'string'),
  )
}

/** The same for what the manifest holds: without it the blobs are read from the store. */
function isInline(value: unknown): value is NonNullable<ManifestConfig['inline']> {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every(
    (span: unknown) => Array.isArray(span) && span.length === 2 && span.every(Number.isSafeInteger),
  )
}

/** Lists of rules are long; a message quotes only their beginning. */
const MAX_QUOTED_CHARACTERS = 200

function refuse(field: string, value: unknown): Result<never, string> {
  const quoted = String(JSON.stringify(value)).slice(0, MAX_QUOTED_CHARACTERS)
  return err(`manifest configuration: ${field} cannot be ${quoted}`)
}

function isOneOf<Word extends string>(words: readonly Word[], value: unknown): value is Word {
  return words.some((word) => word === value)
}
