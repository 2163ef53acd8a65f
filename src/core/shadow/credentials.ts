// What of a request proves who somebody is. A copy for a shadow goes without it: the shadow's backend is not
// yet trusted as the one that visitors use, and nothing may happen twice in somebody's name.

/** Headers that are credentials, or hold such: `Referer` has the query of the page. */
const CREDENTIAL_NAMES: ReadonlySet<string> = new Set([
  'cookie',
  'authorization',
  'referer',
  'dpop',
])

/** Parts of names of headers and parameters that carry a secret, as `X-Api-Key` and `access_token`. */
const CREDENTIAL_PARTS =
  /auth(?!or)|token|secret|session|passw|pwd|api[_-]?key|jwt|csrf|xsrf|signature|credential|client[_-]?cert|otp/

/** Short names of parameters that carry one. */
const SHORT_NAMES: ReadonlySet<string> = new Set(['key', 'sig', 'sid', 'code', 'ticket'])

/** @param name of a header, in lower case. */
export function isCredentialHeader(name: string): boolean {
  return CREDENTIAL_NAMES.has(name) || CREDENTIAL_PARTS.test(name)
}

/**
 * A path with its query, without the parameters that are credentials. All others stay byte for byte.
 *
 * @param allowed names in lower case that stay.
 */
export function withoutCredentials(pathAndQuery: string, allowed: ReadonlySet<string>): string {
  const at = pathAndQuery.indexOf('?')
  if (at < 0) return pathAndQuery
  const parameters = pathAndQuery.slice(at + 1).split('&')
  const kept = parameters.filter((parameter) => {
    const name = toName(parameter)
    return allowed.has(name) || !(SHORT_NAMES.has(name) || CREDENTIAL_PARTS.test(name))
  })
  if (kept.length === parameters.length) return pathAndQuery
  return pathAndQuery.slice(0, at) + (kept.length > 0 ? `?${kept.join('&')}` : '')
}

function toName(parameter: string): string {
  const name = (parameter.split('=', 1)[0] as string).replaceAll('+', ' ')
  try {
    return decodeURIComponent(name).toLowerCase()
  } catch {
    return name.toLowerCase()
  }
}
