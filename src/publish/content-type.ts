// The whole `Content-Type` of a file, from its name alone: nothing is sniffed, and the edge tells
// browsers not to either.

const UTF8 = '; charset=utf-8'

/** What RFC 8615 puts under a name without extension. */
const BY_PATH: ReadonlyMap<string, string> = new Map([
  ['/.well-known/apple-app-site-association', `application/json${UTF8}`],
])

/** By IANA's registry; JavaScript by RFC 9239, fonts by RFC 8081. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  [`text/html${UTF8}`]: 'html htm',
  [`application/xhtml+xml${UTF8}`]: 'xhtml',
  [`text/css${UTF8}`]: 'css',
  [`text/javascript${UTF8}`]: 'js mjs cjs',
  [`application/json${UTF8}`]: 'json map',
  [`application/ld+json${UTF8}`]: 'jsonld',
  [`application/geo+json${UTF8}`]: 'geojson',
  [`application/manifest+json${UTF8}`]: 'webmanifest',
  [`application/xml${UTF8}`]: 'xml xsl',
  [`application/rss+xml${UTF8}`]: 'rss',
  [`application/atom+xml${UTF8}`]: 'atom',
  [`application/yaml${UTF8}`]: 'yaml yml',
  [`text/plain${UTF8}`]: 'txt text log',
  [`text/markdown${UTF8}`]: 'md markdown',
  [`text/csv${UTF8}`]: 'csv',
  [`text/tab-separated-values${UTF8}`]: 'tsv',
  [`text/calendar${UTF8}`]: 'ics',
  [`text/vcard${UTF8}`]: 'vcf',
  [`text/vtt${UTF8}`]: 'vtt',
  'application/wasm': 'wasm',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/gzip': 'gz tgz',
  [`image/svg+xml${UTF8}`]: 'svg',
  'image/png': 'png',
  'image/apng': 'apng',
  'image/jpeg': 'jpg jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/jxl': 'jxl',
  'image/heic': 'heic',
  'image/bmp': 'bmp',
  'image/tiff': 'tif tiff',
  'image/x-icon': 'ico cur',
  'font/woff2': 'woff2',
  'font/woff': 'woff',
  'font/ttf': 'ttf',
  'font/otf': 'otf',
  'font/collection': 'ttc',
  'application/vnd.ms-fontobject': 'eot',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg oga opus',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'audio/webm': 'weba',
  'video/mp4': 'mp4 m4v',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'application/vnd.apple.mpegurl': 'm3u8',
  'video/mp2t': 'ts',
  'application/dash+xml': 'mpd',
  'model/gltf+json': 'gltf',
  'model/gltf-binary': 'glb',
}

const BY_EXTENSION: ReadonlyMap<string, string> = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, names]) =>
    names.split(' ').map((name): [string, string] => [name, type]),
  ),
)

const UNKNOWN = 'application/octet-stream'

/** The type of the file at a manifest path; `application/octet-stream` where nothing is known. */
export function toContentType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  if (dot < 0) return BY_PATH.get(path) ?? UNKNOWN
  return BY_EXTENSION.get(name.slice(dot + 1).toLowerCase()) ?? UNKNOWN
}
