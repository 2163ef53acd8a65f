// The `Content-Type` of a file: by its name, with the table of the package `mime` and some exceptions, and
// with the charset that the file declares. Browsers use this type without guessing, because the edge sends
// `X-Content-Type-Options: nosniff`.

import mime from 'mime'

const UNKNOWN = 'application/octet-stream'
const PLAIN_TEXT = 'text/plain'

/** Types that `mime` does not have, or for which it has an outdated one. */
const TYPES: Readonly<Record<string, string>> = {
  // Binary data for scripts of the page. It stays binary even if it happens to be text.
  [UNKNOWN]: 'data mem br basis',
  // RFC 9239. Browsers refuse to run a module of any other type.
  'text/javascript': 'cjs',
  // RFC 9512, RFC 6350, RFC 9639.
  'application/yaml': 'yaml yml',
  'text/vcard': 'vcf vcard',
  'audio/flac': 'flac',
  // The types under which browsers play and show these files.
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

/** Files below `/.well-known/`, most without an extension, with the types that their specifications define. */
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
/** Apple also requests this file at the top of the site. */
const APPLE_ASSOCIATION = '/apple-app-site-association'

/** Types of text, for which a charset is added. */
const TEXT =
  /^(?:text\/|[^;]+\+(?:json|xml)$|application\/(?:json|xml|yaml|javascript|ecmascript|jsonl|x-ndjson|xml-dtd|toml|sql)$)/

/**
 * The type of the file with this manifest path. `content` is its beginning: XML, SVG, HTML and CSS may
 * declare a charset in it. A file with an unknown name is plain text or JSON if its content is, and
 * otherwise `application/octet-stream`.
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

/** Guesses nothing but text, which is safe because browsers run nothing in it. */
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

/** Enough for a guess. A wrong guess only means `text/plain` for binary data. */
const MAX_LOOKED_AT_BYTES = 64 * 1024
/** All control characters but tab, line feed, form feed, carriage return and escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROL_CHARACTER = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/

/** Whether the beginning of `content` is UTF-8 text. Empty content is not. */
function isUtf8Text(content: Uint8Array): boolean {
  if (content.length === 0) return false
  const isCut = content.length > MAX_LOOKED_AT_BYTES
  try {
    // `stream` lets the last character be cut in two.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      content.subarray(0, MAX_LOOKED_AT_BYTES),
      { stream: isCut },
    )
    return !CONTROL_CHARACTER.test(text)
  } catch {
    return false
  }
}

const XML = /^(?:image\/svg\+xml|application\/xml|text\/xml|[^;]+\+xml)$/
const HTML = /^text\/html$/
const CSS = /^text\/css$/

/** HTML section 4.2.5.5: within the first 1024 bytes. XML and CSS declare in their first line. */
const MAX_DECLARATION_BYTES = 1_024

/** XML 1.0 section 4.3.3. */
const XML_DECLARATION = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/
const META = /<meta\s[^>]*?charset\s*=\s*["']?\s*([A-Za-z][\w.:-]*)/i
/** CSS Syntax section 3.2: exactly these bytes. */
const AT_CHARSET = /^@charset "([^"]+)";/

/**
 * Reads the charset that a file declares. The header overrides the declaration, so a header with another
 * charset would break the accented letters of an old page.
 *
 * @returns the charset in lower case that a file of `type` (without parameters) declares in its beginning;
 * `undefined` where it declares none, or one that no browser knows.
 */
function readDeclaredCharset(type: string, content: Uint8Array): string | undefined {
  const mark = readByteOrderMark(content)
  if (mark) return mark
  const pattern = XML.test(type)
    ? XML_DECLARATION
    : HTML.test(type)
      ? META
      : CSS.test(type)
        ? AT_CHARSET
        : undefined
  if (!pattern) return undefined
  const head = new TextDecoder('latin1').decode(content.subarray(0, MAX_DECLARATION_BYTES))
  const label = pattern.exec(head)?.[1]?.toLowerCase()
  // The declaration was found in single bytes, so the file is not UTF-16, even if it says so (HTML
  // section 13.2.3.2).
  return label !== undefined && isKnown(label) && !label.startsWith('utf-16') ? label : undefined
}

/** A byte order mark has precedence over every declaration (Encoding section 6.1). */
function readByteOrderMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xff && second === 0xfe ? 'utf-16le' : undefined
}

function isKnown(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== ''
  } catch {
    return false
  }
}
