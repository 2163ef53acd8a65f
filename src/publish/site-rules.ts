// What `_headers` and `_redirects` of a folder come to for the files in it: the rules of the version,
// and what its publisher should know about them. How a line is read is decided in headers-file.ts and
// redirects-file.ts.

import type { ManifestConfig } from '../core/manifest-config.ts'
import type { ServedFile } from './addresses.ts'
import { HEADERS_FILE, parseHeadersFile } from './headers-file.ts'
import { listHeaderNotices } from './headers-file-notices.ts'
import { parseRedirectsFile, REDIRECTS_FILE } from './redirects-file.ts'
import { judgeRedirect } from './redirects-file-targets.ts'
import { PublishError } from './refusal.ts'
import { FileRefusal, readRegularFile } from './regular-file.ts'
import { toLineNotice, toLineProblem } from './rule-lines.ts'

export type SiteRules = {
  readonly config: Pick<ManifestConfig, 'headers' | 'redirects'>
  readonly warnings: readonly string[]
}

/** @throws PublishError when one of the two is there and cannot be read. */
export async function loadSiteRules(
  folder: string,
  files: readonly ServedFile[],
): Promise<SiteRules> {
  const headers = parseHeadersFile(await readSettings(folder, HEADERS_FILE))
  const redirects = parseRedirectsFile(await readSettings(folder, REDIRECTS_FILE))
  const warnings = [...headers.problems, ...redirects.problems]
  for (const numbered of headers.rules) {
    for (const notice of listHeaderNotices(numbered.rule, files)) {
      warnings.push(toLineNotice(HEADERS_FILE, numbered, notice))
    }
  }
  const followed = redirects.rules.filter((numbered) => {
    const { problem, notice } = judgeRedirect(numbered.rule, files)
    if (problem !== undefined) warnings.push(toLineProblem(REDIRECTS_FILE, numbered, problem))
    if (notice !== undefined) warnings.push(toLineNotice(REDIRECTS_FILE, numbered, notice))
    return problem === undefined
  })
  return {
    config: {
      ...(headers.rules.length > 0 && { headers: headers.rules.map(({ rule }) => rule) }),
      ...(followed.length > 0 && { redirects: followed.map(({ rule }) => rule) }),
    },
    warnings,
  }
}

/** Far more than the rules that are honoured can have. */
const MAX_SETTINGS_BYTES = 4 * 1024 * 1024

/** Empty where there is none. */
async function readSettings(folder: string, name: string): Promise<string> {
  try {
    return (await readRegularFile(folder, name, MAX_SETTINGS_BYTES))?.toString('utf8') ?? ''
  } catch (cause) {
    if (cause instanceof FileRefusal) throw new PublishError(`/${name} ${cause.message}`, { cause })
    throw cause
  }
}
