// The whole `Content-Type` of a file: by its name, with the table of the package `mime` and a few
// decisions of our own, and with the charset that the file itself declares. The edge tells browsers
// not to guess (`nosniff`), so what is said here is what they do.

import mime from 'mime'
import { readDeclaredCharset } from './declared-charset.ts'
import { isUtf8Text } from './text.ts'

const UNKNOWN = 'application/octet-stream'
const PLAIN_TEXT = 'text/plain'

/** Where `mime` knows nothing, or something older than what browsers and registries agree on. */
const TYPES: Readonly<Record<string, string>> = {
  // Bytes for a program of the page, also where they happen to be text.
  [UNKNOWN]: 'data mem br basis',
  // RFC 9239. Browsers refuse to run a module of any other type.
  'text/javascript': 'cjs',
  // RFC 9512, RFC 6350, RFC 9639.
  'application/yaml': 'yaml yml',
  'text/vcard': 'vcf vcard',
  'audio/flac': 'flac',
  // What browsers play and show under these names, whatever their makers called them.
  'video/mp4': 'm4v',
  'image/x-icon': 'ico cur',
  'application/gzip': 'tgz',
  // RFC 8878.
  'application/zstd': 'zst',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'jsonl',
  'application/json': 'topojson',
  'application/vnd.pmtiles': 'pmtiles',
  'application/x-protobuf': 'pbf',
  'application/vnd.sqlite3': 'mbtiles sqlite sqlite3',
  'application/vnd.apache.parquet': 'parquet',
  'application/vnd.apache.arrow.file': 'arrow',
  'application/vnd.debian.binary-package': 'deb',
  'application/x-apple-diskimage': 'dmg',
  // iOS installs a profile, and an app from its manifest, only under these types.
  'application/x-apple-aspen-config': 'mobileconfig',
  'application/xml': 'plist',
  'application/smil+xml': 'ism',
  'application/zip': 'whl nupkg',
  'application/zip+dotlottie': 'lottie',
  'image/vnd.radiance': 'hdr',
  'model/vnd.reality': 'reality',
  'text/x-python': 'py',
  [PLAIN_TEXT]: 'frag vert glsl tsx vue svelte wat diff patch',
}

const BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  Object.entries(TYPES).flatMap(([type, names]) =>
    names.split(' ').map((name): [string, string] => [name, type]),
  ),
)

/** Names without an extension below `/.well-known/`, by the documents that define them. */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['apple-app-site-association', 'application/json'],
  ['apple-developer-merchantid-domain-association', PLAIN_TEXT],
  ['api-catalog', 'application/linkset+json'],
  ['atproto-did', PLAIN_TEXT],
  ['com.apple.remotemanagement', 'application/json'],
  ['discord', PLAIN_TEXT],
  ['host-meta', 'application/xrd+xml'],
  ['jwks', 'application/jwk-set+json'],
  ['jwks.json', 'application/jwk-set+json'],
  ['keybase.txt', PLAIN_TEXT],
  ['matrix/client', 'application/json'],
  ['matrix/server', 'application/json'],
  ['matrix/support', 'application/json'],
  ['nodeinfo', 'application/json'],
  ['oauth-authorization-server', 'application/json'],
  ['oauth-protected-resource', 'application/json'],
  ['openid-configuration', 'application/json'],
  ['passkey-endpoints', 'application/json'],
  ['web-identity', 'application/json'],
  ['webauthn', 'application/json'],
  ['webfinger', 'application/jrd+json'],
])
const WELL_KNOWN_FOLDER = '/.well-known/'
/** RFC 8555 section 8.3: answers to a challenge, one a file. */
const ACME = /^acme-challenge\//
/** Apple asks for this one at the top as well. */
const APPLE_ASSOCIATION = '/apple-app-site-association'

/** Types that are text and do not say so by `text/`, `+json` or `+xml`. */
const TEXT =
  /^(?:text\/|[^;]+\+(?:json|xml)$|application\/(?:json|xml|yaml|javascript|ecmascript|jsonl|x-ndjson|xml-dtd|toml|sql)$)/

/**
 * The type of the file at a manifest path. `content` is its beginning, for the charset that XML, SVG,
 * HTML and CSS declare, and for names that say nothing: those are plain text or JSON where the content
 * is, and `application/octet-stream` elsewhere.
 */
export function toContentType(path: string, content: Uint8Array = new Uint8Array()): string {
  const type = toType(path) ?? guessType(path, content)
  if (!TEXT.test(type)) return type
  return `${type}; charset=${readDeclaredCharset(type, content) ?? 'utf-8'}`
}

function toType(path: string): string | undefined {
  if (path === APPLE_ASSOCIATION) return 'application/json'
  if (path.startsWith(WELL_KNOWN_FOLDER)) {
    const name = path.slice(WELL_KNOWN_FOLDER.length)
    const type = WELL_KNOWN.get(name) ?? (ACME.test(name) ? PLAIN_TEXT : undefined)
    if (type) return type
  }
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  if (dot < 0) return undefined
  const extension = name.slice(dot + 1).toLowerCase()
  return BY_EXTENSION.get(extension) ?? mime.getType(`.${extension}`) ?? undefined
}

/** Plain text is safe to show: a browser runs nothing in it. */
function guessType(path: string, content: Uint8Array): string {
  if (!isUtf8Text(content)) return UNKNOWN
  return path.startsWith(WELL_KNOWN_FOLDER) && isJson(content) ? 'application/json' : PLAIN_TEXT
}

function isJson(content: Uint8Array): boolean {
  try {
    return typeof JSON.parse(new TextDecoder().decode(content)) === 'object'
  } catch {
    return false
  }
}
