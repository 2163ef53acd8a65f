// What will hurt after a publication though nothing is wrong with it: pages that browsers keep, names
// in which no hash is seen, source maps, and files that nobody can reach. Pure over what the survey of
// a folder has found; each notice is one sentence. Secrets and server code are for private-files.ts.

import { toDuration } from '../core/amounts.ts'
import { type Directive, parseCacheControl } from '../core/cache-control.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import { splitHost } from '../core/site/rules.ts'
import { compilePattern } from '../core/site/rules-pattern.ts'
import { toAddress } from './addresses.ts'
import { toSample } from './messages.ts'
import type { Survey, SurveyedFile } from './survey.ts'

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
const SCRIPT_OR_STYLE = /\.(?:m?js|css)$/i
const SOURCE_MAP = /\.map$/i

/** A page that is kept longer is on old scripts for as long, whatever is rolled back. */
const MAX_PAGE_AGE_S = 3600

/** What the publisher should look at. */
export function listHazards({ files, config }: Pick<Survey, 'files' | 'config'>): string[] {
  return [
    ...findKeptPages(files, config),
    ...findUnhashed(files),
    ...findSourceMaps(files),
    ...findUnreachable(files, config),
  ]
}

/** A page that browsers keep without asking is out of reach of every shift and rollback. */
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
      `_headers lets browsers keep ${toPaths(pages)} for ${toDuration(age * 1000)}: until then no shift and no rollback reaches who has been there`,
    ]
  })
}

/** `no-cache="name"` is about one header only (RFC 9111 section 5.2.2.4). */
function isAlwaysAsked({ name, value }: Directive): boolean {
  return name === 'no-store' || (name === 'no-cache' && value === undefined)
}

/** Only what the name test has not seen; what other versions contradict has a warning of its own. */
function findUnhashed(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(
    ({ path, hashedByName }) => !hashedByName && SCRIPT_OR_STYLE.test(path),
  )
  if (found.length === 0) return []
  return [
    `${toPaths(found)}: no hash is seen in the name, so browsers ask again for it on every page, and a tab of another version may get this file. Where the name does change with the content, say so: --hashed "${toGlob(found)}"; else let the bundler put a hash into it`,
  ]
}

/** For what lies in one folder the folder, else the first file. */
function toGlob(files: readonly SurveyedFile[]): string {
  const folders = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))
  const [folder = '/'] = folders
  return folders.size === 1 && folder !== '/' ? `${folder}**` : (files[0]?.path ?? '/**')
}

function findSourceMaps(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(({ path }) => SOURCE_MAP.test(path))
  if (found.length === 0) return []
  return [`${toPaths(found)}: source maps show everybody the source`]
}

/** Two files of one address: the one whose name is the address is served. */
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
