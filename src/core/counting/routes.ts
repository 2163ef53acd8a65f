// What a request is for, as one of few names: its method and its path, with ids in the path replaced
// by `:id`. Releases are judged by these routes, so that a route has one name whoever asks for it.

import { compileGlob } from '../glob.ts'
import { MAX_ROUTE_CHARACTERS } from './limits.ts'

/**
 * Methods of applications. A request with another one says nothing about a release: any client can
 * make a server refuse it.
 */
export const JUDGED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** The route of all files of a version. */
export const FILES_ROUTE = 'files'

/** Stands for routes for which there was no room. */
export const OTHER_ROUTE = '*'

/** Deeper segments are left out: APIs are rarely deeper, and nobody can make endless names. */
export const MAX_ROUTE_SEGMENTS = 8

/** Longer segments are ids: nobody names a part of an API like that. */
const MAX_NAME_CHARACTERS = 40

/** Segments of more words are titles, as in `/posts/how-to-build-a-house`. */
const MAX_NAME_WORDS = 4

const ID = ':id'

/** Written where deeper segments are left out. */
const DEEPER = '/**'

/** The pattern of a route as a team writes it: a method or `*`, a space, a path with `*` and `**`. */
export type RoutePattern = {
  /** As written; the route's name. */
  readonly name: string
  readonly matches: (method: string, path: string) => boolean
}

/**
 * Compiles a pattern such as `POST /api/orders/*`: `*` stands for anything within a segment, `**`
 * for anything, and the method `*` for every method.
 *
 * @throws TypeError when the pattern is longer than a glob may be.
 */
export function compileRoute(pattern: string): RoutePattern {
  const at = pattern.indexOf(' ')
  const method = pattern.slice(0, at)
  const matchesPath = compilePath(pattern.slice(at + 1))
  return {
    name: pattern,
    matches: (asked, path) => (method === '*' || method === asked) && matchesPath(path),
  }
}

/** Longer paths match no pattern, so that a hostile one makes little work. */
const MAX_MATCHED_CHARACTERS = 4096

/** Compiles the path of a pattern; a last slash of a path does not matter. */
export function compilePath(pattern: string): (path: string) => boolean {
  const matches = compileGlob(pattern)
  return (path) =>
    path.length <= MAX_MATCHED_CHARACTERS &&
    (matches(path) || (path.length > 1 && path.endsWith('/') && matches(path.slice(0, -1))))
}

/**
 * The route of a request, as `GET /api/orders/:id`: the first declared one that matches, else the
 * method and the path with its ids folded. At most MAX_ROUTE_CHARACTERS characters.
 *
 * A segment is taken for an id if it has a digit (but for versions, as `v2`, and a few words, as
 * `oauth2`), an escape or another character that names have not, or looks like a random text or a
 * title. So however many ids there are, they make one route. Ids that are single words, such as the
 * name of a user, cannot be told from names of routes: these have to be declared.
 *
 * @param path normalised, as path.ts makes it.
 */
export function toRoute(method: string, path: string, declared: readonly RoutePattern[]): string {
  const known = declared.find((route) => route.matches(method, path))
  if (known) return known.name.slice(0, MAX_ROUTE_CHARACTERS)
  const segments = path.split('/', MAX_READ_SEGMENTS).filter((segment) => segment !== '')
  let route = `${method} `
  for (const [at, segment] of segments.entries()) {
    const next = `/${toName(segment)}`
    const isTooLong = route.length + next.length + DEEPER.length > MAX_ROUTE_CHARACTERS
    if (at === MAX_ROUTE_SEGMENTS || isTooLong) return route + DEEPER
    route += next
  }
  return segments.length === 0 ? `${route}/` : route
}

/** Empty segments do not count, so that a few more are read than are told apart. */
const MAX_READ_SEGMENTS = 32

/** Endings of files, which stay. The list is closed, so that an id with a dot makes no new name. */
const ENDING =
  /\.(?:json|xml|csv|tsv|txt|md|pdf|zip|gz|html?|php|aspx?|do|action|js|mjs|css|map|svg|png|jpe?g|gif|webp|avif|ico|mp3|mp4|webm|xlsx?|docx?|ics|rss|atom|data|rsc)$/i

/** As in `/odata/Products(17)`. */
const CALL = /^([A-Za-z]{1,40})\(.*\)$/

function toName(whole: string): string {
  // What follows are parameters of the segment, such as the id of a session.
  const segment = whole.split(';', 1)[0] as string
  const [, called] = CALL.exec(segment) ?? []
  if (called !== undefined) return `${called}(${ID})`
  if (!NAME.test(segment)) return ID
  const ending = ENDING.exec(segment)?.[0] ?? ''
  const name = segment.slice(0, segment.length - ending.length)
  return (isName(name) ? name : ID) + ending.toLowerCase()
}

/** As `v2` and `v1.1`. */
const VERSION = /^v\d{1,2}(?:\.\d)?$/i

/** The characters of names. Ids have others as well: `anna@example.com`, `caf%C3%A9`, `a:b`. */
const NAME = /^[A-Za-z0-9._-]+$/

/** Hexadecimal digits that spell no word: words of these letters are shorter. */
const HEX = /^[0-9a-f]{8,}$/i

function isName(text: string): boolean {
  if (text.length > MAX_NAME_CHARACTERS) return false
  if (VERSION.test(text)) return true
  const words = text.split(/[._-]/).filter((word) => word !== '')
  if (words.length === 0 || words.length > MAX_NAME_WORDS) return false
  return words.every(isWord)
}

function isWord(word: string): boolean {
  if (/\d/.test(word)) return WORDS_WITH_DIGITS.has(word.toLowerCase()) || /^v\d$/i.test(word)
  return !HEX.test(word) && !isRandom(word)
}

/** The words with digits that are names of parts of an API. All others with a digit are ids. */
const WORDS_WITH_DIGITS: ReadonlySet<string> = new Set(
  [
    '2fa 3ds 3ds2 oauth1 oauth2 auth0 web3 x509 md5 sha1 sha256 sha512 base64 ed25519 rs256',
    's3 ec2 k8s r2 d1 ipv4 ipv6 http2 http3 utf8 i18n l10n a11y b2b b2c c2c p2p s2s e2e m2m',
    '2d 3d mp3 mp4 h264 h265 html5 css3 w3c o365 office365 dhl24 p24 i9 w2 w9',
  ].flatMap((line) => line.split(' ')),
)

/** Shorter texts without a digit are taken for words. */
const MIN_RANDOM_CHARACTERS = 16

/** Words have fewer consonants in a row; in capitals they may be two abbreviations. */
const CONSONANTS = /[bcdfghjklmnpqrstvwxz]{6}|[BCDFGHJKLMNPQRSTVWXZ]{9}/

/** Words of `camelCase` are longer on average than pieces of a random text, which have two or three. */
const MIN_CAMEL_CHARACTERS = 3.5

/** Whether a long text of letters is no word or `camelCase`, but random, as `qWmKxTrBvZpLnHsD`. */
function isRandom(word: string): boolean {
  if (word.length < MIN_RANDOM_CHARACTERS) return false
  if (CONSONANTS.test(word)) return true
  const pieces = word.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
  return word.length / pieces.length < MIN_CAMEL_CHARACTERS
}
