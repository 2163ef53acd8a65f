// Whether the policies of a page let it load a script of its own origin, and with which nonce (W3C
// Content Security Policy, level 3; Integrity-Policy).

/** The nonce that the script has to carry, if the policies allow it only with one. */
export type ScriptPermit = { readonly nonce: string | undefined }

const NONCE = /^'nonce-([A-Za-z0-9+/_-]+={0,2})'$/i
/** Directives for script elements; the first that a policy has counts (section 6.8.4). */
const FOR_SCRIPT_ELEMENTS = ['script-src-elem', 'script-src', 'default-src']

/**
 * Whether all policies allow a script of the page's own origin at a path without a secret; `undefined` if one of
 * them does not. Policies that only report are not meant.
 *
 * @param policies the value of `Content-Security-Policy`, several joined by commas.
 * @param integrity the value of `Integrity-Policy`: it blocks scripts without a hash.
 * @param url of the page.
 */
export function permitScript(
  policies: string | null,
  integrity: string | null,
  url: string,
): ScriptPermit | undefined {
  if (integrity !== null && /\bscript\b/.test(integrity)) return undefined
  const needed: ReadonlySet<string>[] = []
  for (const policy of policies?.split(',') ?? []) {
    const directives = parsePolicy(policy)
    const sandbox = directives.get('sandbox')
    if (sandbox && !sandbox.some((word) => word.toLowerCase() === 'allow-scripts')) return undefined
    const name = FOR_SCRIPT_ELEMENTS.find((one) => directives.has(one))
    const sources = name === undefined ? undefined : (directives.get(name) ?? [])
    if (!sources || isListed(sources, url)) continue
    needed.push(new Set(sources.flatMap((source) => NONCE.exec(source)?.[1] ?? [])))
  }
  return toPermit(needed)
}

/** Makes `'unsafe-inline'` void (section 6.7.3.2). */
const VOIDS_INLINE = /^'(?:nonce-|sha(?:256|384|512)-|strict-dynamic')/i

/**
 * Whether all policies allow a script whose text stands in the page, and with which nonce; `undefined` if
 * one of them does not.
 */
export function permitInlineScript(policies: string | null): ScriptPermit | undefined {
  const needed: ReadonlySet<string>[] = []
  for (const policy of policies?.split(',') ?? []) {
    const directives = parsePolicy(policy)
    const name = FOR_SCRIPT_ELEMENTS.find((one) => directives.has(one))
    const sources = name === undefined ? undefined : (directives.get(name) ?? [])
    if (!sources) continue
    const isUnsafe = sources.some((source) => source.toLowerCase() === "'unsafe-inline'")
    if (isUnsafe && !sources.some((source) => VOIDS_INLINE.test(source))) continue
    needed.push(new Set(sources.flatMap((source) => NONCE.exec(source)?.[1] ?? [])))
  }
  return toPermit(needed)
}

/** Whether all policies let the page send something to its own origin. */
export function permitConnection(policies: string | null, url: string): boolean {
  return (policies?.split(',') ?? []).every((policy) => {
    const directives = parsePolicy(policy)
    const sources = directives.get('connect-src') ?? directives.get('default-src')
    return sources === undefined || isListed(sources, url)
  })
}

/** A nonce that all of them allow; none is needed where there are none. */
function toPermit(needed: readonly ReadonlySet<string>[]): ScriptPermit | undefined {
  const [first, ...others] = needed
  if (!first) return { nonce: undefined }
  for (const nonce of first) if (others.every((nonces) => nonces.has(nonce))) return { nonce }
  return undefined
}

/** The directives of one policy by name. The first of a name counts. */
function parsePolicy(policy: string): ReadonlyMap<string, readonly string[]> {
  const directives = new Map<string, readonly string[]>()
  for (const text of policy.split(';')) {
    const [name = '', ...values] = text.trim().split(/\s+/)
    const key = name.toLowerCase()
    if (key !== '' && !directives.has(key)) directives.set(key, values)
  }
  return directives
}

/** Whether a list of sources names the origin itself. `'strict-dynamic'` makes such names void. */
function isListed(sources: readonly string[], url: string): boolean {
  const words = sources.map((source) => source.toLowerCase())
  if (words.includes("'strict-dynamic'")) return false
  const { protocol, host, hostname } = new URL(url)
  return words.some((word) => {
    if (word === "'self'" || word === '*' || word === protocol) return true
    // A policy that names http allows https as well.
    if (word === 'http:' && protocol === 'https:') return true
    const [, scheme, named = '', path = ''] =
      /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/']+)(\/.*)?$/.exec(word) ?? []
    if (path !== '' && path !== '/') return false
    if (scheme !== undefined && `${scheme}:` !== protocol) return false
    if (named.startsWith('*.')) return hostname.endsWith(named.slice(1))
    return named === host
  })
}
