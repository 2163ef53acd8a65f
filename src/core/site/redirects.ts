// What a version answers at a path, with its `_redirects` applied. Redirects come before files, as
// with Cloudflare, unless the rule says otherwise. A redirect is only answered if following it ends
// somewhere: rules that lead in a circle are skipped. rules.ts finds the rule that fits.

import { readAddress } from '../address.ts'
import { memoiseByObject } from '../memoise.ts'
import type { Manifest } from './manifest.ts'
import { type Intent, resolveFallback, resolveOwn } from './resolve.ts'
import { compileRedirects, type Redirection, type RedirectRule } from './rules.ts'

/**
 * A chain of redirects that is longer than this counts as endless. Browsers give up after 20 (Fetch
 * standard, HTTP-redirect fetch), search engines after 10.
 */
export const MAX_REDIRECTS = 10

/**
 * Cloudflare's own limit on a URL. A splat that a target names twice doubles with each redirect.
 */
const MAX_TARGET_CHARACTERS = 16 * 1024

/** More corrections of spelling than any file name can need. */
const MAX_SPELLINGS = 4

/** Rules are compiled when the first request needs them, and kept as long as their manifest. */
const redirectsOf = memoiseByObject(compileRedirects)

/**
 * The redirect at a normalised path, or the file there or at the path that it is rewritten to. A
 * rewrite does not change the address: a file with another canonical spelling is served all the
 * same.
 *
 * @param request tells which targets with a host lead to this site.
 * @param findOwn answers as `resolveOwn`, perhaps from memory; asked where there are no rules.
 */
export function resolveByRules(
  manifest: Manifest,
  path: string,
  request?: Request,
  findOwn = resolveOwn,
): Intent | undefined {
  const rules = manifest.config.redirects
  if (!rules) return findOwn(manifest, path)
  const redirection = redirectsOf(rules)(
    path,
    (found) => isDue(manifest, path, found, request) && isArriving(manifest, found, request),
  )
  return toIntent(manifest, path, redirection)
}

/** One step of a chain of redirects: a path, and the rule that redirects it. */
export type Hop = { readonly path: string; readonly rule: RedirectRule | undefined }

/**
 * Follows the redirects from a path on, without any check for circles: one hop for each path that
 * redirects. Ends after the last redirect, after `limit` of them, or after one to a path that is
 * too long.
 */
export function* followRedirects(
  manifest: Manifest,
  from: string,
  limit: number,
  request?: Request,
): Generator<Hop & { readonly to: string | undefined }> {
  let path: string | undefined = from
  for (let hops = 0; path !== undefined && hops < limit; hops++) {
    const at: string = path
    const redirection = redirectsOf(manifest.config.redirects ?? [])(at, (found) =>
      isDue(manifest, at, found, request),
    )
    const intent = toIntent(manifest, at, redirection) ?? resolveMissing(manifest, at)
    if (!intent || intent.kind === 'file') return
    path = intent.kind === 'redirect' ? intent.path : toOwnPath(intent.redirection, request)
    yield { path: at, rule: redirection?.rule, to: path }
    if (isTooLong(path)) return
  }
}

/**
 * Whether the rule applies: it does not where it leads to the same URL, or where a file comes
 * first.
 */
function isDue(
  manifest: Manifest,
  path: string,
  redirection: Redirection,
  request: Request | undefined,
): boolean {
  if (redirection.status !== 200 && toOwnPath(redirection, request) === path) return false
  return !redirection.rule.afterFiles || resolveOwn(manifest, path) === undefined
}

/** Whether following a redirect ends, on this site or on another one. */
function isArriving(
  manifest: Manifest,
  redirection: Redirection,
  request: Request | undefined,
): boolean {
  if (redirection.status === 200) return true
  if (isTooLong(redirection.to)) return false
  const path = toOwnPath(redirection, request)
  if (path === undefined) return true
  // The redirect itself is the first hop.
  let hops = 1
  for (const { to } of followRedirects(manifest, path, MAX_REDIRECTS, request)) {
    hops++
    if (isTooLong(to)) return false
  }
  return hops <= MAX_REDIRECTS
}

/** Whether a path has become longer than a client can ask for. */
export function isTooLong(path: string | undefined): boolean {
  return path !== undefined && path.length > MAX_TARGET_CHARACTERS
}

/** The path of this site that a redirection leads to; `undefined` if it leads to another site. */
function toOwnPath({ to }: Redirection, request: Request | undefined): string | undefined {
  if (to.startsWith('/')) return to
  const origin = request && readAddress(request)?.site.origin
  return origin !== undefined && to.startsWith(`${origin}/`) ? to.slice(origin.length) : undefined
}

function toIntent(
  manifest: Manifest,
  path: string,
  redirection: Redirection | undefined,
): Intent | undefined {
  if (!redirection) return resolveOwn(manifest, path)
  if (redirection.status !== 200) return { kind: 'moved', redirection }
  let own = resolveOwn(manifest, redirection.to)
  for (let tries = 0; own?.kind === 'redirect'; tries++) {
    if (tries === MAX_SPELLINGS) return undefined
    own = resolveOwn(manifest, own.path)
  }
  return own
}

/** The answer of a version that has nothing at a path: its page for "not found". */
function resolveMissing(manifest: Manifest, path: string): Intent | undefined {
  return resolveFallback(manifest, { method: 'GET', path, kind: 'document' })
}
