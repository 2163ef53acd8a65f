// What a folder holds, file by file, before anything is compressed or stored: its content's hash,
// its type, and whether its name may be relied on; and the settings that hold for all of them.

import { availableParallelism } from 'node:os'
import type { Manifest, ManifestEntry } from '../core/manifest.ts'
import { DEFAULT_HTML_HANDLING, type ManifestConfig } from '../core/manifest-config.ts'
import { toAddress } from './addresses.ts'
import { findAppPage, hasFallbackPage } from './app-page.ts'
import { mapConcurrently } from './concurrently.ts'
import { toContentType } from './content-type.ts'
import { loadForeignSettings } from './foreign-settings.ts'
import { hashFile } from './hash-file.ts'
import { compileHashedTest, findContradiction } from './hashed.ts'
import { type ReportProgress, startCount } from './progress-step.ts'
import type { RedirectsReading } from './redirects-file.ts'
import { loadSiteRules } from './site-rules.ts'
import { loadViteManifest } from './vite-manifest.ts'
import { walkFolder } from './walk.ts'

export type SurveyedFile = Omit<ManifestEntry, 'encodings'> & {
  /** Where it lies on disk. */
  readonly file: string
  /** `hashed` before other versions were asked. */
  readonly hashedByName: boolean
}

export type Survey = {
  /** In the order of their paths. */
  readonly files: readonly SurveyedFile[]
  readonly config: ManifestConfig
  readonly warnings: readonly string[]
}

export type RetainedManifest = { readonly id: string; readonly manifest: Manifest }

export type SurveyOptions = {
  readonly folder: string
  /** As Cloudflare has it when left out. */
  readonly htmlHandling?: ManifestConfig['htmlHandling']
  /** Found from the files when left out. */
  readonly notFound?: ManifestConfig['notFound']
  /** The page of a single-page application; found from the files when left out. */
  readonly appPage?: string
  /** Whose meaning `_redirects` has; found by its syntax when left out. */
  readonly redirectsReading?: RedirectsReading
  readonly hashedGlobs: readonly string[]
  readonly retained: readonly RetainedManifest[]
}

/** @throws PublishError when something in the folder cannot be published. */
export async function surveyFolder(
  options: SurveyOptions,
  report: ReportProgress,
): Promise<Survey> {
  const walk = await walkFolder(options.folder)
  const bundled = await loadViteManifest(options.folder)
  const isHashed = compileHashedTest(options.hashedGlobs, bundled.hashed)
  const warnings = [...walk.warnings, ...bundled.warnings]

  const count = startCount('reading', walk.files, report)
  const files = await mapConcurrently(walk.files, availableParallelism(), async (found) => {
    const { path, file } = found
    const { blob, size } = await hashFile(file)
    count(found.size)
    const hashedByName = isHashed(path)
    const other = hashedByName ? findContradiction(path, blob, options.retained) : undefined
    return {
      path,
      file,
      blob,
      size,
      type: toContentType(path),
      hashed: hashedByName && !other,
      hashedByName,
      other,
    }
  })
  for (const { path, other } of files) {
    if (!other) continue
    warnings.push(
      `${path} looks hashed, but ${other.id} has other bytes under this name: not kept for ever`,
    )
  }
  const htmlHandling = options.htmlHandling ?? DEFAULT_HTML_HANDLING
  const detected = options.notFound ?? detectNotFound(walk.files)
  const served = files.map((file) => ({ ...file, address: toAddress(file.path, htmlHandling) }))
  const foreign = await loadForeignSettings(
    options.folder,
    files.map(({ path }) => path),
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
    paths: files.map(({ path }) => path),
    notFound,
    named: options.appPage,
    byRule: rules.appPage,
  })
  const config = { htmlHandling, notFound, ...(appPage && { appPage }), ...rules.config }
  return { files, config, warnings }
}

function detectNotFound(files: readonly { readonly path: string }[]): ManifestConfig['notFound'] {
  const has = (path: string) => files.some((file) => file.path === path)
  if (has('/404.html')) return '404-page'
  const isApp = has('/index.html') || hasFallbackPage(files.map(({ path }) => path))
  return isApp ? 'single-page-application' : 'none'
}
