// Which file of one version answers a path, and under which spelling: the four modes of
// `html_handling` in Cloudflare Workers Static Assets, rule by rule. Pure over the manifest: it
// finds an intent; assets/serve.ts makes the reply, and assets/elsewhere.ts searches other
// versions.

import { toUrlPath } from '../path.ts'
import type { RequestFacts } from '../types.ts'
import type { Manifest } from './manifest.ts'
import { DEFAULT_APP_PAGE, type ManifestConfig } from './manifest-config.ts'
import type { ManifestEntry } from './manifest-entry.ts'
import type { Redirection } from './rules.ts'

/** Characters that `toUrlPath` does not escape, and slashes. */
const NOTHING_TO_ESCAPE = /^[A-Za-z0-9\-_.!~*'()$&+,:;=@/]*$/

/** The decision what to answer a request with. No file has been read yet. */
export type Intent = (
  | {
      readonly kind: 'file'
      readonly entry: ManifestEntry
      readonly status: 200 | 404
      /** Another version has the file, and the chosen one does not. */
      readonly isElsewhere?: true
    }
  /** `path` is a normalised path of this site; the query of the request is kept. */
  | { readonly kind: 'redirect'; readonly path: string; readonly status: 307 }
  /** A redirect of the version's `_redirects`. It answers every method. */
  | { readonly kind: 'moved'; readonly redirection: Redirection }
) & {
  /**
   * The settings of the version that has the file, for its header rules; absent without such rules.
   */
  readonly config?: ManifestConfig
}

/**
 * The version's own file for a normalised path, according to its `html_handling`. A path that
 * spells the file's name in another way is redirected to the canonical spelling, so that one file
 * has one address.
 */
export function resolveOwn(manifest: Manifest, path: string): Intent | undefined {
  const name = toName(path)
  const page = findPage(manifest, name)
  if (!page) return undefined
  if (page.kind === 'elsewhere') return toRedirect(page.name)
  return isSpelling(path, name) ? toFile(page.entry, 200) : toRedirect(name)
}

/**
 * The version's page for paths that it does not have, according to its `not_found_handling`. All
 * requests get it that do not clearly ask for something else: link previews and curl as well as
 * browsers. A missing script must never be answered with HTML. There is no redirect, because an address
 * without a file has no canonical form.
 */
export function resolveFallback(
  manifest: Manifest,
  { method, path, kind }: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
): Intent | undefined {
  if (kind === 'subresource' || (method !== 'GET' && method !== 'HEAD')) return undefined
  switch (manifest.config.notFound) {
    case 'single-page-application':
      return toFile(manifest.find(manifest.config.appPage ?? DEFAULT_APP_PAGE), 200)
    case '404-page':
      return toFile(findNearest404(manifest, toName(path)), 404)
    case 'none':
      return undefined
  }
}

/** For `/a/b/c` it looks for `/a/b/404.html`, `/a/404.html`, `/404.html`. */
function findNearest404(manifest: Manifest, name: string): ManifestEntry | undefined {
  let directory = name
  while (directory !== '') {
    directory = directory.slice(0, directory.lastIndexOf('/'))
    const page = manifest.find(`${directory}/404.html`)
    if (page) return page
  }
  return undefined
}

/**
 * The name that a path asks for: segments are decoded, those that are not UTF-8 stay as they are,
 * and several slashes become one. `%2F` is a slash here. That is safe because `toUrlPath` never
 * writes it: such a path is only ever redirected to a file, never answered with it.
 */
function toName(path: string): string {
  if (!path.includes('%') && !path.includes('//')) return path
  return path.split('/').map(decodeSegment).join('/').replace(/\/+/g, '/')
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function toFile(entry: ManifestEntry | undefined, status: 200 | 404): Intent | undefined {
  return entry && { kind: 'file', entry, status }
}

/** Most paths have nothing to escape; testing for that is faster than escaping. */
function isSpelling(path: string, name: string): boolean {
  return (path === name && NOTHING_TO_ESCAPE.test(path)) || path === toUrlPath(name)
}

/** Names passed to this function have no two slashes in a row, which would lead to another host. */
function toRedirect(name: string): Intent {
  return { kind: 'redirect', path: toUrlPath(name), status: 307 }
}

/** A file of the version, or the name under which the version serves it instead. */
type Page =
  | { readonly kind: 'file'; readonly entry: ManifestEntry }
  | { readonly kind: 'elsewhere'; readonly name: string }

/**
 * Which file a name `<stem><ending>` stands for: the file of that name, `<stem>.html`, or
 * `<stem>/index.html`.
 */
type Source = 'self' | 'page' | 'index'

/** Serve the source, or redirect from the source to `<stem>` or `<stem>/`. */
type Rule = Source | readonly [source: 'page' | 'index', to: 'stem' | 'stem/']

const ENDINGS = ['/index', '/index.html', '/', '.html'] as const

/** In order: the rules of an ending, those of `/` itself, and then those of all names. */
type Rules = Readonly<Record<(typeof ENDINGS)[number] | 'root' | 'any', readonly Rule[]>>

const RULES: Readonly<Record<ManifestConfig['htmlHandling'], Rules>> = {
  // x.html is served at /x, x/index.html at /x/.
  'auto-trailing-slash': {
    '/index': ['self', ['index', 'stem/'], ['page', 'stem']],
    '/index.html': [
      ['index', 'stem/'],
      ['page', 'stem'],
    ],
    '/': ['index', ['page', 'stem']],
    '.html': [
      ['page', 'stem'],
      ['index', 'stem/'],
    ],
    root: ['index'],
    any: ['self', 'page', ['index', 'stem/']],
  },
  // Both are served at /x/.
  'force-trailing-slash': {
    '/index': ['self', ['index', 'stem/'], ['page', 'stem/']],
    '/index.html': [
      ['index', 'stem/'],
      ['page', 'stem/'],
    ],
    '/': ['index', 'page'],
    '.html': [['page', 'stem/'], 'self', ['index', 'stem/']],
    root: ['index'],
    any: ['self', ['page', 'stem/'], ['index', 'stem/']],
  },
  // Both are served at /x.
  'drop-trailing-slash': {
    '/index': ['self', ['page', 'stem'], ['index', 'stem']],
    '/index.html': [['index', 'stem'], 'self', ['page', 'stem']],
    '/': [
      ['page', 'stem'],
      ['index', 'stem'],
    ],
    '.html': [
      ['page', 'stem'],
      ['index', 'stem'],
    ],
    root: ['index'],
    any: ['self', 'page', 'index'],
  },
  // Every file is served at its own name only.
  none: { '/index': [], '/index.html': [], '/': [], '.html': [], root: [], any: ['self'] },
}

/** What the version has for a decoded name, `undefined` if it has nothing. */
export function findPage(manifest: Manifest, name: string): Page | undefined {
  for (const { rule, stem } of rulesOf(manifest, name)) {
    if (typeof rule === 'string') {
      const entry = manifest.find(toFileName(rule, name, stem))
      if (entry) return { kind: 'file', entry }
      continue
    }
    const [source, to] = rule
    // The root is the only folder that cannot lose its slash.
    const other = to === 'stem/' ? `${stem}/` : stem || '/'
    const wanted = manifest.find(toFileName(source, name, stem))
    if (wanted && isServedAt(manifest, other, wanted)) return { kind: 'elsewhere', name: other }
  }
  return undefined
}

/**
 * Whether the other name serves the same content: nobody is redirected to different content, or to
 * the name of another file.
 */
function isServedAt(manifest: Manifest, name: string, { blob }: ManifestEntry): boolean {
  // Two slashes become one before a name is looked up, so that nobody can ask for such a name.
  if (name.includes('//') || manifest.find(name)) return false
  for (const { rule, stem } of rulesOf(manifest, name)) {
    const entry = typeof rule === 'string' ? manifest.find(toFileName(rule, name, stem)) : undefined
    if (entry) return entry.blob === blob
  }
  return false
}

function* rulesOf({ config }: Manifest, name: string): Generator<{ rule: Rule; stem: string }> {
  const rules = RULES[config.htmlHandling]
  const ending = ENDINGS.find((one) => name.endsWith(one))
  if (ending) {
    const stem = name.slice(0, -ending.length)
    for (const rule of rules[stem === '' && ending === '/' ? 'root' : ending]) yield { rule, stem }
  }
  for (const rule of rules.any) yield { rule, stem: name }
}

function toFileName(source: Source, name: string, stem: string): string {
  if (source === 'self') return name
  return source === 'page' ? `${stem}.html` : `${stem}/index.html`
}
