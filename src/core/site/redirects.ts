// What a version answers at a path once its `_redirects` has been asked. Redirects come before files,
// as with Cloudflare, unless the rule says otherwise. A redirect is only answered when whoever follows
// it arrives: where rules lead in a circle, they are passed over. Which rule fits is decided in
// core/site-rules-redirects.ts.

import { readAddress } from '../address.ts'
import type { Manifest } from './manifest.ts'
import { type Intent, resolveFallback, resolveOwn } from './resolve.ts'
import {
  compileRedirects,
  type FindRedirection,
  type Redirection,
  type RedirectRule,
} from './rules.ts'

/**
 * A chain of redirects that is longer than this counts as endless. Browsers give up after 20 (Fetch
 * standard, HTTP-redirect fetch), search engines after 10.
 */
export const MAX_REDIRECTS = 10

/** Cloudflare's own bound on a URL. A splat that a target names twice doubles with each redirect. */
const MAX_TARGET_CHARACTERS = 16 * 1024

/** More corrections of spelling than any file name can need. */
const MAX_SPELLINGS = 4

/** Compiled when the first request needs them, kept as long as their manifest. */
const compiled = new WeakMap<readonly RedirectRule[], FindRedirection>()

/**
 * The redirect, or the file at a normalised path or at what that is rewritten to. A rewrite leaves the
 * address as it is: where the file is served under another spelling, it is served all the same.
 *
 * @param request by which a target with a host is known as one on this site.
 */
export function resolveByRules(
  manifest: Manifest,
  path: string,
  request?: Request,
): Intent | undefined {
  const rules = manifest.config.redirects
  if (!rules) return resolveOwn(manifest, path)
  const redirection = redirectsOf(rules)(
    path,
    (found) => isDue(manifest, path, found, request) && isArriving(manifest, found, request),
  )
  return toIntent(manifest, path, redirection)
}

/** One step of a chain: what is answered at `path`, and the rule that asks for it. */
export type Hop = { readonly path: string; readonly rule: RedirectRule | undefined }

/**
 * Follows the redirects from a path on, as if nothing guarded against circles: one hop for each path
 * that redirects. Ends after the last one, after `limit` of them, and after one to a path that is too
 * long.
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

/** Whether the rule counts here: not where it leads to the same URL, or a file comes first. */
function isDue(
  manifest: Manifest,
  path: string,
  redirection: Redirection,
  request: Request | undefined,
): boolean {
  if (redirection.status !== 200 && toOwnPath(redirection, request) === path) return false
  return !redirection.rule.afterFiles || resolveOwn(manifest, path) === undefined
}

/** Whether following a redirect comes to an end, on this site or on another one. */
function isArriving(
  manifest: Manifest,
  redirection: Redirection,
  request: Request | undefined,
): boolean {
  if (redirection.status === 200) return true
  if (isTooLong(redirection.to)) return false
  const path = toOwnPath(redirection, request)
  if (path === undefined) return true
  // This redirect is the first of the chain.
  let hops = 1
  for (const { to } of followRedirects(manifest, path, MAX_REDIRECTS, request)) {
    hops++
    if (isTooLong(to)) return false
  }
  return hops <= MAX_REDIRECTS
}

/** Whether a path of a redirect has grown beyond what can be asked for. */
export function isTooLong(path: string | undefined): boolean {
  return path !== undefined && path.length > MAX_TARGET_CHARACTERS
}

/** The path of this site that a redirection leads to; `undefined` where it leads to another one. */
function toOwnPath({ to }: Redirection, request: Request | undefined): string | undefined {
  if (to.startsWith('/')) return to
  const origin = request && readAddress(request)?.url.origin
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

/** What a page gets where the version has nothing: it may be another spelling of the path. */
function resolveMissing(manifest: Manifest, path: string): Intent | undefined {
  return resolveFallback(manifest, { method: 'GET', path, kind: 'document' })
}

function redirectsOf(rules: readonly RedirectRule[]): FindRedirection {
  const known = compiled.get(rules)
  if (known) return known
  const made = compileRedirects(rules)
  compiled.set(rules, made)
  return made
}
