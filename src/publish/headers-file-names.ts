// Which headers a `_headers` file may set or take off. Those that say how a message is to be read are
// Holo's own, because a wrong one breaks the reply or the caches behind it; so are those that belong
// to another part of Holo.

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** What every client reads in the same way: visible ASCII, spaces and tabs. */
const PLAIN_VALUE = /^[\t\x20-\x7e]+$/

const RESERVED: Readonly<Record<string, string>> = {
  'accept-ranges': 'Holo knows which parts can be had',
  connection: 'it is about one connection only',
  'content-encoding': 'it says how the stored bytes are to be read',
  'content-length': 'it says where the body ends',
  'content-range': 'it says which part is sent',
  etag: 'it says which bytes these are',
  'keep-alive': 'it is about one connection only',
  location: `a redirect is a line in _redirects`,
  te: 'it is about one connection only',
  trailer: 'it is about one connection only',
  'transfer-encoding': 'it says where the body ends',
  upgrade: 'it is about one connection only',
  // Netlify's way of asking for a password; sent as a header it would tell everybody.
  'basic-auth': 'passwords are not supported',
}

/** Headers in which a part of the address would be an instruction that anybody can write. */
const WITHOUT_PLACEHOLDERS: ReadonlySet<string> = new Set(['set-cookie', 'refresh'])

/** Why a header (lower case) is not for `_headers` at all. */
export function findNameProblem(name: string): string | undefined {
  if (!TOKEN.test(name)) return `${JSON.stringify(name)} is no name of a header`
  if (name.startsWith('holo-')) return `${name} is Holo's own`
  if (name.startsWith('proxy-')) return 'it is about one connection only'
  return Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined
}

/** Why a header (lower case) cannot have this value. */
export function findHeaderProblem(name: string, value: string): string | undefined {
  if (value === '') return `${name} has no value`
  if (!PLAIN_VALUE.test(value)) return `the value of ${name} is not plain ASCII`
  if (WITHOUT_PLACEHOLDERS.has(name) && /:[A-Za-z]/.test(value)) {
    return `whoever asks could choose what ${name} says`
  }
  const isOwnCookie = name === 'set-cookie' && /^(?:=\s*)?(?:__Host-|__Secure-)?holo-/i.test(value)
  return isOwnCookie ? "cookies that begin with holo- are Holo's own" : undefined
}

/** Whether a line holds what nobody should find in a log. */
export function hasSecretValue(text: string): boolean {
  return /^basic-auth\s*:/i.test(text)
}
