// Reads the HTML pages of a folder: which files a page loads, and whether it is the shell of an app that a
// script fills. The tags are found with regular expressions, which is enough for the output of build tools. No
// script is run.

import {
  DEFAULT_APP_PAGE,
  type ManifestConfig,
  type PageLoads,
} from '../core/site/manifest-config.ts'
import { PublishError } from './messages.ts'

/** What is known about one page. */
export type PageMarkup = {
  /** Its manifest path. */
  readonly path: string
  /** Manifest paths of the scripts, preloaded modules and styles that it loads from its own site. */
  readonly loads: readonly string[]
  /** Those of them that are loaded by `<script type="module">`. */
  readonly modules: readonly string[]
  /** The page has scripts and almost no text: an app is mounted into it. */
  readonly isShell: boolean
}

/** More than a loading message and a copyright line, and less than any page with content. */
const MAX_SHELL_CHARACTERS = 200

const COMMENT = /<!--[\s\S]*?-->/g
/** Elements that are invisible, or at least when scripts run. */
const UNSEEN = /<(script|style|noscript|template|svg|head|title)\b[\s\S]*?<\/\1\s*>/gi
const TAG = /<[^>]*>/g
const LOADING_TAG = /<(script|link|base)\b([^>]*)>/gi
const ATTRIBUTE = /([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
const LINK_KINDS = /\b(?:modulepreload|stylesheet|preload)\b/i
/** React Router and Remix import their entry in a script of the page. */
const INLINE_IMPORT = /\bimport\s*(?:\(\s*)?(?:[\w*{}\s,$]+\bfrom\s*)?["']([^"']+\.m?js)["']/g
/** A base for relative URLs that stands for the site itself. */
const SITE = 'https://site.invalid'

export function readPage(path: string, html: string): PageMarkup {
  const text = html.replace(COMMENT, '')
  let base = new URL(path, SITE)
  const loads = new Set<string>()
  const modules = new Set<string>()
  let scripts = 0
  for (const [, tag = '', inside = ''] of text.matchAll(LOADING_TAG)) {
    const attributes = readAttributes(inside)
    const kind = tag.toLowerCase()
    if (kind === 'base') base = resolve(attributes.get('href'), base) ?? base
    if (kind === 'script') {
      const type = attributes.get('type') ?? ''
      if (!/json|importmap|speculationrules/i.test(type)) scripts++
      const file = toSitePath(attributes.get('src'), base)
      if (file === undefined) continue
      loads.add(file)
      if (type.toLowerCase() === 'module') modules.add(file)
    }
    if (kind === 'link' && LINK_KINDS.test(attributes.get('rel') ?? '')) {
      const file = toSitePath(attributes.get('href'), base)
      if (file !== undefined) loads.add(file)
    }
  }
  for (const [, name] of text.matchAll(INLINE_IMPORT)) {
    const file = toSitePath(name, base)
    if (file === undefined) continue
    loads.add(file)
    modules.add(file)
  }
  return {
    path,
    loads: [...loads],
    modules: [...modules],
    isShell: scripts > 0 && hasAlmostNoText(text),
  }
}

function hasAlmostNoText(html: string): boolean {
  const seen = html.replace(UNSEEN, '').replace(TAG, '').replace(/\s+/g, ' ').trim()
  return seen.length <= MAX_SHELL_CHARACTERS
}

/**
 * Whether the folder is a single-page app: its home page is the only page, or a shell into which a
 * script mounts the app, and no other page is a shell with an entry of its own (those are the pages of a
 * site that was built with several entries).
 */
export function isSinglePageApp(pages: readonly PageMarkup[]): boolean {
  const home = pages.find(({ path }) => path === '/index.html')
  if (!home) return false
  const others = pages.filter((page) => page !== home)
  if (others.length === 0) return true
  if (!home.isShell) return false
  const known = new Set(home.loads)
  return !others.some((page) => page.isShell && page.modules.some((file) => !known.has(file)))
}

/** The pages whose files a manifest lists. Every isolate reads the whole list. */
const MAX_LISTED_PAGES = 20
/** The files that it lists of each. */
const MAX_LISTED_FILES = 20

/** The order in which visitors presumably open pages: the home page, that of the app, short paths. */
export function compareVisited(appPage: string | undefined) {
  const toPlace = (path: string) =>
    path === DEFAULT_APP_PAGE || path === appPage ? 0 : path.length
  return ({ path: a }: { readonly path: string }, { path: b }: { readonly path: string }): number =>
    toPlace(a) - toPlace(b) || (a < b ? -1 : 1)
}

/**
 * What the pages load, for the manifest: of those that visitors open first; `undefined` if none loads
 * anything. `paths` are the files that are served.
 */
export function toLoads(
  pages: readonly PageMarkup[],
  paths: Iterable<string>,
  appPage?: string,
): PageLoads | undefined {
  const known = new Set(paths)
  const listed = pages
    .filter(({ path }) => known.has(path))
    .map(({ path, loads }) => ({ path, files: loads.filter((file) => known.has(file)) }))
    .filter(({ files }) => files.length > 0)
    .sort(compareVisited(appPage))
    .slice(0, MAX_LISTED_PAGES)
    .map(({ path, files }) => [path, files.slice(0, MAX_LISTED_FILES)] as const)
  return listed.length > 0 ? Object.fromEntries(listed) : undefined
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', double, single, bare] of text.matchAll(ATTRIBUTE)) {
    attributes.set(name.toLowerCase(), double ?? single ?? bare ?? '')
  }
  return attributes
}

function resolve(address: string | undefined, base: URL): URL | undefined {
  return address === undefined ? undefined : (URL.parse(address, base) ?? undefined)
}

/** The manifest path of an address on the page's own site. */
function toSitePath(address: string | undefined, base: URL): string | undefined {
  const url = resolve(address, base)
  if (!url || url.origin !== SITE) return undefined
  try {
    return decodeURIComponent(url.pathname)
  } catch {
    return url.pathname
  }
}

/**
 * The fallback pages of Surge, Nuxt and SvelteKit, and of React Router. `/index.html` is then a
 * separate page.
 */
const FALLBACK_PAGES = ['/200.html', '/__spa-fallback.html']

type AppPageOptions = {
  readonly paths: Iterable<string>
  readonly notFound: ManifestConfig['notFound']
  /** The page that the publisher has named, and the one that `_redirects` names. */
  readonly named: string | undefined
  readonly byRule: string | undefined
}

/**
 * The decoded path of the page of a single-page app; `undefined` if it is the default page, or the version is
 * not a single-page app.
 *
 * @throws PublishError when the named page is not there.
 */
export function findAppPage({ paths, notFound, named, byRule }: AppPageOptions) {
  const all = new Set(paths)
  const wanted = named === undefined ? undefined : `/${named.replace(/^\/+/, '')}`
  if (wanted !== undefined && !all.has(wanted)) {
    throw new PublishError(`"appPage" names ${wanted}, but there is no such file`)
  }
  if (notFound !== 'single-page-application') return undefined
  const page = wanted ?? byRule ?? FALLBACK_PAGES.find((path) => all.has(path))
  return page === DEFAULT_APP_PAGE ? undefined : page
}

/** Whether the folder has a page that only serves as a fallback. */
export function hasFallbackPage(paths: Iterable<string>): boolean {
  return [...paths].some((path) => FALLBACK_PAGES.includes(path))
}
