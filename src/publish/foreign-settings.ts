// Finds the settings files of other hosts in the published folder and in the project around it. Holo does not
// follow their rules: each rule is reported with what to do instead, first the rules that restricted access.

import { access } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import {
  type Fields,
  FOREIGN_FILES,
  type ForeignFile,
  ForeignReport,
  fieldsOf,
  READERS,
} from './foreign-rules.ts'
import { HEADERS_FILE } from './headers-file.ts'
import { REDIRECTS_FILE } from './redirects-file.ts'
import { MAX_SETTINGS_FILE_BYTES, readRegularFile } from './regular-file.ts'
import { toProtectionWarning } from './rule-lines.ts'

export type ForeignSettings = {
  readonly warnings: readonly string[]
  /** The path of netlify.toml, if there is one: then `_redirects` was written for Netlify. */
  readonly netlify: string | undefined
}

/** Further rules of a file are only counted. Rules that restricted access are always listed. */
const MAX_REPORTED = 100
/** How many folders above the published one are searched for the project. */
const MAX_LEVELS = 6

/** @param paths of the files that are published, decoded. */
export async function loadForeignSettings(
  folder: string,
  paths: readonly string[],
): Promise<ForeignSettings> {
  const protections: string[] = []
  const others: string[] = []
  let netlify: string | undefined
  protections.push(...(await findServerProtections(folder, paths)))
  const folders = [folder, ...(await listProjectFolders(folder))]
  for (const place of folders) {
    for (const name of FOREIGN_FILES) {
      const text = await readOptional(join(place, name))
      if (text === undefined) continue
      const shown = relative(folder, join(place, name))
      if (name === 'netlify.toml') netlify ??= shown
      const report = new ForeignReport(shown)
      const settings = parseSettings(name, text)
      if (typeof settings === 'string') {
        report.add('', `cannot be read (${settings}): check whether it restricted access to pages`)
      } else READERS[name](settings, report, paths)
      protections.push(...report.protections)
      others.push(...report.others.slice(0, MAX_REPORTED))
      const left = report.others.length - MAX_REPORTED
      if (left > 0) others.push(`${shown}: ${left} more rules are not followed`)
    }
    if (place === folder) continue
    for (const name of [REDIRECTS_FILE, HEADERS_FILE]) {
      const isBeside = (await isThere(join(place, name))) && !(await isThere(join(folder, name)))
      if (!isBeside) continue
      others.push(
        `${relative(folder, join(place, name))} is not read, because it is outside the published folder: copy it there`,
      )
    }
  }
  return { warnings: [...protections, ...others], netlify }
}

/** Settings of Apache and IIS, which count for their folder, and what restricts access in them. */
const SERVER_SETTINGS: readonly (readonly [name: string, restricts: RegExp])[] = [
  ['.htaccess', /^\s*(?:AuthType|AuthUserFile|Deny\s+from|Require\s+(?!all\s+granted))/im],
  ['web.config', /<(?:authorization|deny|ipSecurity)\b/i],
]
/** Many sites forbid names that begin with a dot. Holo does not publish them. */
const ABOUT_DOT_NAMES = /<Files(?:Match)?\s+[~\s"'^(]*\\?\.[\s\S]*?<\/Files(?:Match)?>/gi

/** One sentence for each file below the folder that restricted access on another server. */
async function findServerProtections(folder: string, paths: readonly string[]): Promise<string[]> {
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))
  const found: string[] = []
  for (const place of [...folders].sort()) {
    for (const [name, restricts] of SERVER_SETTINGS) {
      const text = await readOptional(join(folder, place, name))
      if (text === undefined || !restricts.test(text.replace(ABOUT_DOT_NAMES, ''))) continue
      found.push(toProtectionWarning(`${place.slice(1)}${name}`, 'restricted access', `${place}*`))
    }
  }
  return found
}

function parseSettings(name: ForeignFile, content: string): Fields | string {
  try {
    return fieldsOf(name.endsWith('.toml') ? parseToml(content) : JSON.parse(content))
  } catch (cause) {
    return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? ''
  }
}

/** The folders above the published one that belong to the same project, the nearest first. */
async function listProjectFolders(folder: string): Promise<string[]> {
  const above: string[] = []
  let last = 0
  for (let at = dirname(folder); above.length < MAX_LEVELS; at = dirname(at)) {
    above.push(at)
    if (last === 0 && (await isTopOfProject(at))) last = above.length
    if (await isThere(join(at, '.git'))) return above
    if (dirname(at) === at) break
  }
  return above.slice(0, last)
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The text of a file; `undefined` if there is none, or it is not a regular file of bounded size. */
async function readOptional(file: string): Promise<string | undefined> {
  const bytes = readRegularFile(dirname(file), basename(file), MAX_SETTINGS_FILE_BYTES)
  return (await bytes.catch(() => undefined))?.toString('utf8')
}

async function isTopOfProject(folder: string): Promise<boolean> {
  return (await isThere(join(folder, 'package.json'))) || (await isThere(join(folder, 'holo.json')))
}
