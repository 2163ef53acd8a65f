// What a version has at a path once its `_redirects` has been asked, which comes before its files as
// with Cloudflare. What a rule matches is decided in core/site-rules-redirects.ts.

import type { Manifest } from '../core/manifest.ts'
import type { RedirectRule } from '../core/site-rules.ts'
import { compileRedirects } from '../core/site-rules-redirects.ts'
import { type Intent, resolveOwn } from './resolve.ts'

type Redirects = ReturnType<typeof compileRedirects>

/** Compiled when the first request needs them, kept as long as their manifest. */
const compiled = new WeakMap<readonly RedirectRule[], Redirects>()

/**
 * A redirect, or the file at a normalised path or at what that is rewritten to. A rewrite leaves the
 * address as it is: where the file is served under another spelling, it is served all the same.
 */
export function resolveByRules(manifest: Manifest, path: string): Intent | undefined {
  const rules = manifest.config.redirects
  const redirection = rules && redirectsOf(rules)(path)
  if (!redirection) return resolveOwn(manifest, path)
  if (redirection.status !== 200) return { kind: 'moved', redirection }
  const own = resolveOwn(manifest, redirection.to)
  return own?.kind === 'redirect' ? resolveOwn(manifest, own.path) : own
}

function redirectsOf(rules: readonly RedirectRule[]): Redirects {
  const known = compiled.get(rules)
  if (known) return known
  const made = compileRedirects(rules)
  compiled.set(rules, made)
  return made
}
