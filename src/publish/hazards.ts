// Warnings about valid files that may cause problems later: pages that browsers keep, names without a visible
// hash, public source maps, and unreachable files. A pure function of the survey of a folder; each warning is one
// sentence. private-files.ts looks for secrets and server code.

import { toDuration } from '../core/amounts.ts'
import { type Directive, parseCacheControl } from '../core/cache-control.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import { splitHost } from '../core/site/rules.ts'
import { compilePattern } from '../core/site/rules-pattern.ts'
import { toAddress } from './addresses.ts'
import { toSample } from './messages.ts'
import { isSourceMap } from './source-maps.ts'
import type { Survey, SurveyedFile } from './survey.ts'

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
const SCRIPT_OR_STYLE = /\.(?:m?js|css)$/i

/** A page that browsers keep longer than this is reported: it stays at its version even after a rollback. */
const MAX_PAGE_AGE_S = 3600

/** The warnings for the publisher. */
export function listHazards({ files: all, config }: Pick<Survey, 'files' | 'config'>): string[] {
  const files = all.filter(({ isPrivate }) => !isPrivate)
  return [
    ...findKeptPages(files, config),
    ...findUnhashed(files),
    ...findSourceMaps(files),
    ...findUnreachable(files, config),
  ]
}

/** Pages that browsers keep without revalidation. No shift and no rollback reaches them. */
function findKeptPages(files: readonly SurveyedFile[], config: ManifestConfig): string[] {
  const { headers = [], htmlHandling } = config
  return headers.flatMap((rule) => {
    const value = rule.set.findLast(([name]) => name === 'cache-control')?.[1] ?? ''
    const directives = parseCacheControl(value)
    if (directives.some(isAlwaysAsked)) return []
    const age = Number(directives.find(({ name }) => name === 'max-age')?.value ?? 0)
    if (age <= MAX_PAGE_AGE_S) return []
    const matches = compilePattern(splitHost(rule.for).path, '/')
    const pages = files.filter(
      ({ path, type }) => HTML.test(type) && matches(toAddress(path, htmlHandling)),
    )
    if (pages.length === 0) return []
    return [
      `_headers lets browsers keep ${toPaths(pages)} for ${toDuration(age * 1000)}: during this time no shift and no rollback reaches visitors who have the page`,
    ]
  })
}

/** `no-cache="name"` is about one header only (RFC 9111 section 5.2.2.4). */
function isAlwaysAsked({ name, value }: Directive): boolean {
  return name === 'no-store' || (name === 'no-cache' && value === undefined)
}

/**
 * Scripts and styles whose names have no visible hash. Names that another version contradicts have
 * their own warning.
 */
function findUnhashed(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(
    ({ path, hashedByName }) => !hashedByName && SCRIPT_OR_STYLE.test(path),
  )
  if (found.length === 0) return []
  return [
    `${toPaths(found)}: the name has no visible hash, so browsers request the file again on every page, and a tab of another version may get this file. If the name changes with the content, add --hashed "${toGlob(found)}"; otherwise configure the bundler to add a hash to the name`,
  ]
}

/** A glob for the folder if all files are in one; otherwise the first file. */
function toGlob(files: readonly SurveyedFile[]): string {
  const folders = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))
  const [folder = '/'] = folders
  return folders.size === 1 && folder !== '/' ? `${folder}**` : (files[0]?.path ?? '/**')
}

function findSourceMaps(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(({ path }) => isSourceMap(path))
  if (found.length === 0) return []
  return [
    `${toPaths(found)}: source maps make the source code public; without --source-maps public they would be private`,
  ]
}

/** Files whose address another file has as well. The file whose name is the address is served. */
function findUnreachable(
  files: readonly SurveyedFile[],
  { htmlHandling }: ManifestConfig,
): string[] {
  const byAddress = Map.groupBy(files, ({ path }) => toAddress(path, htmlHandling))
  const hidden = [...byAddress.values()].flatMap((sharing) => {
    if (sharing.length < 2) return []
    const served = sharing.find(({ path }) => !path.endsWith('.html')) ?? sharing[0]
    return sharing.filter((file) => file !== served)
  })
  if (hidden.length === 0) return []
  return [`${toPaths(hidden)} cannot be reached: another file has the same address`]
}

function toPaths(files: readonly SurveyedFile[]): string {
  return toSample(files.map(({ path }) => path))
}
