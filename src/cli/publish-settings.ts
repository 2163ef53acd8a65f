// Combines the settings of a publication from the command line, holo.json and git: the folder, its services,
// and its commit and author.

import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  DEFAULT_HTML_HANDLING,
  HTML_HANDLING,
  type ManifestConfig,
  NOT_FOUND,
} from '../core/site/manifest-config.ts'
import type { PublishedService } from '../document/service.ts'
import { isBelow } from '../publish/regular-file.ts'
import { DEFAULT_SOURCE_MAPS, SOURCE_MAPS } from '../publish/source-maps.ts'
import type { UploadOptions } from '../publish/upload.ts'
import { chooseBuildFolder, findMistake } from './build-folder.ts'
import type { Context, SharedOptions } from './command.ts'
import { type ConfigServices, loadConfig } from './config.ts'
import { misuse } from './failure.ts'
import { toGivenPin } from './framework-pin.ts'
import { readAuthorship } from './git.ts'
import { parseServices, toVersionId } from './options.ts'

export type PublishOptions = SharedOptions & {
  readonly version?: string
  readonly service?: readonly string[]
  readonly hashed?: readonly string[]
  readonly exclude?: readonly string[]
  readonly allow?: readonly string[]
  readonly sourceMaps?: string
  readonly notFound?: string
  readonly htmlHandling?: string
  readonly frameworkPin?: string | false
  readonly floor?: string
  readonly anyFolder?: boolean
  readonly dryRun?: boolean
  readonly commit?: string
  readonly author?: string
  readonly first?: string
  readonly yes?: boolean
}

export type PublishSettings = {
  /** The folder as it was named or detected. */
  readonly folder: string
  readonly services: readonly PublishedService[]
  readonly authorship: { readonly commit?: string; readonly author?: string }
  /** There are uncommitted changes. */
  readonly isDirty: boolean
  readonly upload: Omit<UploadOptions, 'retained'>
}

/** @throws CliFailure when there is no folder that can be published. */
export async function loadPublishSettings(
  context: Context,
  named: string | undefined,
  version: string,
  options: PublishOptions,
): Promise<PublishSettings> {
  const { cwd, env } = context
  const target = await context.target()
  const config = await loadConfig(cwd, options.config)
  const settings = config?.config.publish ?? {}
  const configured = config && settings.folder ? join(config.folder, settings.folder) : undefined
  const folder = named ?? configured ?? (await chooseBuildFolder(cwd))
  const path = resolve(cwd, folder)
  if (named === undefined) await refuseOutside(config?.folder ?? cwd, folder, path)
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw misuse(`there is no folder ${folder}`, 'run the build first, or name another folder')
  }
  const given = parseServices(options.service ?? [])
  const services = toServices({ ...settings.services, ...target.services, ...given })
  if (!options.anyFolder && !settings.anyFolder) {
    const prefixes = services.map(({ prefix }) => prefix)
    const mistake = await findMistake({ path, named: folder, prefixes })
    if (mistake) throw misuse(mistake.message, mistake.hint)
  }
  const htmlHandling = toChoice('--html-handling', HTML_HANDLING, options.htmlHandling)
  const notFound = toChoice('--not-found', NOT_FOUND, options.notFound)
  const sourceMaps = toChoice('--source-maps', SOURCE_MAPS, options.sourceMaps)
  const { isDirty, ...found } = await readAuthorship(path, env)
  const authorship = {
    ...found,
    ...(options.commit === undefined ? {} : { commit: options.commit }),
    ...(options.author === undefined ? {} : { author: options.author }),
  }
  const upload = {
    folder: path,
    id: version,
    services,
    htmlHandling: htmlHandling ?? settings.htmlHandling ?? DEFAULT_HTML_HANDLING,
    ...toNotFound(notFound ?? settings.notFound),
    ...(settings.appPage && { appPage: settings.appPage }),
    ...(settings.redirects && { redirectsReading: settings.redirects }),
    hashedGlobs: toGlobs('--hashed', settings.hashed, options.hashed),
    exclude: toGlobs('--exclude', settings.exclude, options.exclude),
    allow: toGlobs('--allow', settings.allow, options.allow),
    sourceMaps: sourceMaps ?? settings.sourceMaps ?? DEFAULT_SOURCE_MAPS,
    frameworkPin: await toGivenPin(options.frameworkPin ?? settings.frameworkPin, path),
    ...toFloor(options.floor ?? settings.floor),
    createdAt: new Date().toISOString(),
    ...authorship,
    encodedFolder: join(toUserCache(env), 'encoded', toKey(target.url.origin, path, version)),
  }
  return { folder, services, authorship, isDirty, upload }
}

function toServices(services: ConfigServices): readonly PublishedService[] {
  return Object.entries(services).map(([prefix, said]) => {
    if (typeof said === 'string') return { prefix, origins: [said] }
    return Array.isArray(said) ? { prefix, origins: said } : { prefix, ...said }
  })
}

/**
 * Refuses a folder outside the project, unless it is named on the command line: holo.json or a link may be a
 * stranger's, and would publish private files.
 */
async function refuseOutside(project: string, folder: string, path: string): Promise<void> {
  const [root, found] = await Promise.all(
    [project, path].map((one) => realpath(one).catch(() => one)),
  )
  if (root === undefined || found === undefined || isBelow(root, found)) return
  throw misuse(
    `${folder} is outside ${project}: such a folder must be named on the command line`,
    'if you want to publish it: holo publish FOLDER --version …',
  )
}

function toFloor(floor: string | undefined) {
  return floor === undefined ? {} : { floor: toVersionId(floor) }
}

/** If the setting is left out, it is detected from the files. */
function toNotFound(notFound: ManifestConfig['notFound'] | undefined) {
  return notFound === undefined ? {} : { notFound }
}

/** @throws CliFailure for a word that is not in `words`. */
function toChoice<Word extends string>(
  flag: string,
  words: readonly Word[],
  text: string | undefined,
): Word | undefined {
  const chosen = words.find((word) => word === text)
  if (text === undefined || chosen !== undefined) return chosen
  throw misuse(`${flag} does not know "${text}": use one of ${words.join(', ')}`)
}

/** @throws CliFailure for a glob that no path can match. */
function toGlobs(
  flag: string,
  configured: readonly string[] = [],
  given: readonly string[] = [],
): readonly string[] {
  const globs = [...configured, ...given]
  const wrong = globs.find((glob) => !/^(?:\/|\*\*)/.test(glob))
  if (wrong === undefined) return globs
  throw misuse(
    `${flag} "${wrong}" matches nothing: paths begin with "/"`,
    `such as "/${wrong}" at the top, or "/**/${wrong}" in any folder`,
  )
}

function toKey(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
}

type Variables = Readonly<Record<string, string | undefined>>

/** The folder for caches by the XDG base directory specification, and on Windows. */
function toUserCache({ XDG_CACHE_HOME, LOCALAPPDATA }: Variables): string {
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'holo')
}
