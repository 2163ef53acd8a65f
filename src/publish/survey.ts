// Surveys a folder before anything is compressed or stored: for each file its hash, its type, and whether its
// name is hashed; and the settings of the version.

import { mapConcurrently } from '../core/concurrently.ts'
import type { Manifest } from '../core/site/manifest.ts'
import { DEFAULT_HTML_HANDLING, type ManifestConfig } from '../core/site/manifest-config.ts'
import type { ManifestEntry } from '../core/site/manifest-entry.ts'
import type { FrameworkPin } from '../document/framework-pin.ts'
import { toAddress } from './addresses.ts'
import { loadBuildLists } from './build-lists.ts'
import { hashFile, toSha256 } from './content-hash.ts'
import { toContentType } from './content-type.ts'
import { loadForeignSettings } from './foreign-settings.ts'
import {
  detectFrameworkPin,
  type FoundFrameworkPin,
  readNextId,
  toReplyRules,
} from './framework-pin.ts'
import { compileHashedTest, findContradiction } from './hashed.ts'
import { PublishError, toList } from './messages.ts'
import {
  findAppPage,
  hasFallbackPage,
  isSinglePageApp,
  type PageMarkup,
  readPage,
  toLoads,
} from './pages.ts'
import { decodeFile, type GivenForm, toInnerPath } from './precompressed.ts'
import { judgeContent } from './private-files.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { RedirectsReading } from './redirects-file.ts'
import { loadSiteRules } from './site-rules.ts'
import { DEFAULT_SOURCE_MAPS, isSourceMap, type SourceMaps } from './source-maps.ts'
import {
  compileGlobs,
  FILES_AT_ONCE,
  type FolderFile,
  type RefusedFile,
  type WalkOptions,
  walkFolder,
} from './walk.ts'

export type SurveyedFile = Omit<ManifestEntry, 'encodings'> & {
  /** The path on the disk. */
  readonly file: string
  /** Whether the name looks hashed; `hashed` is false if another version contradicts that. */
  readonly hashedByName: boolean
  /**
   * The file on the disk is compressed: this encoded form of the content, whose hash and size are
   * `blob` and `size`.
   */
  readonly given?: GivenForm
}

export type Survey = {
  /** In the order of their paths. */
  readonly files: readonly SurveyedFile[]
  readonly config: ManifestConfig
  /** The pin that the framework of the build sends by itself. */
  readonly frameworkPin: FoundFrameworkPin | undefined
  readonly warnings: readonly string[]
}

export type RetainedManifest = {
  readonly id: string
  readonly manifest: Manifest
  /** Whether visitors may have it; left out if that is not known. */
  readonly isOpen?: boolean | undefined
}

export type SurveyOptions = WalkOptions & {
  readonly folder: string
  /** The default of Cloudflare when left out. */
  readonly htmlHandling?: ManifestConfig['htmlHandling']
  /** Detected from the files when left out. */
  readonly notFound?: ManifestConfig['notFound']
  /** The page of a single-page app; detected from the files when left out. */
  readonly appPage?: string
  /** Which host `_redirects` was written for; detected from its syntax when left out. */
  readonly redirectsReading?: RedirectsReading
  readonly hashedGlobs?: readonly string[]
  readonly retained: readonly RetainedManifest[]
  /** Given by hand, or `false` for none; found in the files when left out. */
  readonly frameworkPin?: FrameworkPin | false | undefined
  /** Private when left out. */
  readonly sourceMaps?: SourceMaps
}

const HTML = /\.x?html?$/i
/** Images, audio, video and fonts are not searched for private keys. */
const MEDIA = /^(?:image\/(?!svg)|audio\/|video\/|font\/)/

/**
 * @throws PublishError when something in the folder cannot be published, or should not be.
 * @throws TypeError when a glob is too long.
 */
export async function surveyFolder(
  options: SurveyOptions,
  report: ReportProgress,
): Promise<Survey> {
  const { sourceMaps = DEFAULT_SOURCE_MAPS } = options
  const walked = await walkFolder(options.folder, options)
  const isLeftOut = (path: string) => sourceMaps === 'none' && isSourceMap(path)
  const walk = { ...walked, files: walked.files.filter(({ path }) => !isLeftOut(path)) }
  const count = startCount('reading', walk.files, report)
  const read = await mapConcurrently(walk.files, FILES_AT_ONCE, async (found) => {
    const one = await readFound(found)
    count(found.size)
    return one
  })
  const isAllowed = compileGlobs(options.allow ?? [])
  const byContent = read.flatMap(({ refused }) => refused).filter(({ path }) => !isAllowed(path))
  refusePrivate(options.folder, [...walk.refused, ...byContent])

  const pages = read.flatMap(({ page }) => page)
  const lists = await loadBuildLists(options.folder, walk.files)
  const isHashed = compileHashedTest(options.hashedGlobs ?? [], { listed: lists.hashed, pages })
  const warnings = [...walk.warnings, ...lists.warnings, ...read.flatMap(({ warning }) => warning)]

  const files = read.map(({ entry }) => {
    const hashedByName = isHashed(toInnerPath(entry.path) ?? entry.path)
    const other = hashedByName
      ? findContradiction(entry.path, entry.blob, options.retained)
      : undefined
    if (other) {
      warnings.push(
        `${entry.path} looks hashed, but version ${other.id} has other bytes under this name, so it is not sent as immutable`,
      )
    }
    const isPrivate = sourceMaps === 'private' && isSourceMap(entry.path)
    const named = { hashed: hashedByName && !other, hashedByName }
    return { ...entry, ...named, ...(isPrivate && { isPrivate: true as const }) }
  })
  const htmlHandling = options.htmlHandling ?? DEFAULT_HTML_HANDLING
  const detected = options.notFound ?? detectNotFound(walk.files, pages)
  const open = files.filter(({ isPrivate }) => !isPrivate)
  const served = open.map((file) => ({ ...file, address: toAddress(file.path, htmlHandling) }))
  const foreign = await loadForeignSettings(
    options.folder,
    open.map(({ path }) => path),
  )
  const rules = await loadSiteRules(options.folder, {
    files: served,
    config: { htmlHandling, notFound: detected },
    reading: options.redirectsReading,
    wantedNotFound: options.notFound,
    netlify: foreign.netlify,
  })
  warnings.unshift(...foreign.warnings)
  warnings.push(...rules.warnings)
  const isApp = options.notFound === undefined && (rules.appPage ?? options.appPage) !== undefined
  const notFound = isApp ? 'single-page-application' : detected
  const appPage = findAppPage({
    paths: open.map(({ path }) => path),
    notFound,
    named: options.appPage,
    byRule: rules.appPage,
  })
  const nextIds = read.flatMap(({ nextId }) => nextId ?? [])
  const pins = await detectFrameworkPin(options.folder, walk.files, nextIds)
  const isFound = options.frameworkPin === undefined
  if (isFound) warnings.push(...pins.warnings)
  const pin = pins.found?.pin ?? (options.frameworkPin || undefined)
  const headers = [...(rules.config.headers ?? []), ...toReplyRules(pin, walk.files)]
  const loads = toLoads(
    pages,
    open.map(({ path }) => path),
    appPage,
  )
  const config = {
    ...{ htmlHandling, notFound, ...(appPage && { appPage }), ...rules.config },
    ...(headers.length > 0 && { headers }),
    ...(loads && { loads }),
  }
  return { files, config, frameworkPin: isFound ? pins.found : undefined, warnings }
}

type ReadFile = {
  readonly entry: Omit<SurveyedFile, 'hashed' | 'hashedByName'>
  readonly page: readonly PageMarkup[]
  /** Of a page: the id that Next.js has written into it. */
  readonly nextId: string | undefined
  readonly refused: readonly RefusedFile[]
  readonly warning: readonly string[]
}

/** The result for one file, without the others. */
async function readFound({ path, file }: FolderFile): Promise<ReadFile> {
  const { blob, size, head } = await hashFile(file)
  const innerPath = toInnerPath(path)
  const decoded = innerPath === undefined ? undefined : await decodeFile(path, file)
  const content = decoded?.content ?? head
  const type = toContentType(decoded ? (innerPath ?? path) : path, content)
  const what = MEDIA.test(type) ? undefined : judgeContent(path, content)
  const html = HTML.test(path) ? new TextDecoder().decode(content) : undefined
  return {
    entry: decoded
      ? {
          path,
          file,
          type,
          blob: toSha256(decoded.content),
          size: decoded.content.length,
          given: { encoding: decoded.encoding, blob, size },
        }
      : { path, file, type, blob, size },
    page: html === undefined ? [] : [readPage(path, html)],
    nextId: html === undefined ? undefined : readNextId(html),
    refused: what === undefined ? [] : [{ path, what }],
    warning:
      innerPath !== undefined && !decoded
        ? [
            `${path} is not compressed although its name says so: it is served unchanged, as ${type}`,
          ]
        : [],
  }
}

/** @throws PublishError that names every private file, without quoting its content. */
function refusePrivate(folder: string, found: readonly RefusedFile[]): void {
  if (found.length === 0) return
  const lines = found.map(({ path, what }) => `${path}: ${what}`)
  throw new PublishError(
    `nothing was published, because ${folder} contains files that should not be public:\n${toList(lines)}\n` +
      'Delete these files, exclude them with --exclude GLOB ("exclude" in holo.json), or publish them all the same with --allow GLOB ("allow")',
  )
}

/**
 * What answers when no file matches: the 404 page if there is one; the home page if that is a single-page
 * app; otherwise a plain 404, because a home page is not the right answer to a wrong link.
 */
function detectNotFound(
  files: readonly { readonly path: string }[],
  pages: readonly PageMarkup[],
): ManifestConfig['notFound'] {
  if (files.some(({ path }) => path === '/404.html')) return '404-page'
  const isApp = isSinglePageApp(pages) || hasFallbackPage(files.map(({ path }) => path))
  return isApp ? 'single-page-application' : 'none'
}
