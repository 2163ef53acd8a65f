// What `_headers` and `_redirects` of a folder come to for the files in it: the rules of the version,
// and what its publisher should know about them. How a line is read is decided in headers-file.ts and
// redirects-file.ts.

import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { ServedFile } from './addresses.ts'
import { HEADERS_FILE, listHeaderNotices, parseHeadersFile } from './headers-file.ts'
import { PublishError } from './messages.ts'
import { parseRedirectsFile, REDIRECTS_FILE, type RedirectsReading } from './redirects-file.ts'
import { judgeRedirects } from './redirects-judgement.ts'
import { FileRefusal, MAX_SETTINGS_FILE_BYTES, readRegularFile } from './regular-file.ts'
import { toLineNotice } from './rule-lines.ts'

export type SiteRules = {
  readonly config: Pick<ManifestConfig, 'headers' | 'redirects'>
  /** The page of a single-page app, where `_redirects` names one. */
  readonly appPage: string | undefined
  readonly warnings: readonly string[]
}

export type SiteRulesOptions = {
  readonly files: readonly ServedFile[]
  readonly config: Pick<ManifestConfig, 'htmlHandling' | 'notFound'>
  /** Found by the syntax of `_redirects` when left out. */
  readonly reading: RedirectsReading | undefined
  /** What the publisher has set for what is not found; left out where it is found from the files. */
  readonly wantedNotFound?: ManifestConfig['notFound'] | undefined
  /** Where the project's netlify.toml lies, which says that Netlify's reading is meant. */
  readonly netlify?: string | undefined
}

/** @throws PublishError when one of the two is there and cannot be read. */
export async function loadSiteRules(folder: string, options: SiteRulesOptions): Promise<SiteRules> {
  const [headers, redirects] = await Promise.all([
    readSettings(folder, HEADERS_FILE),
    readSettings(folder, REDIRECTS_FILE),
  ])
  return toSiteRules({ headers, redirects }, options)
}

/** @param texts What the two files hold; empty where there is none. */
export function toSiteRules(
  texts: { readonly headers: string; readonly redirects: string },
  { files, config, reading: wanted, wantedNotFound, netlify }: SiteRulesOptions,
): SiteRules {
  const headers = parseHeadersFile(texts.headers)
  const written = parseRedirectsFile(
    texts.redirects,
    wanted,
    netlify === undefined ? undefined : `there is ${netlify}`,
  )
  const { reading, because } = written
  const isNetlify = reading === 'netlify'
  const numbered = isNetlify
    ? written.rules.map((one) => ({ ...one, rule: { ...one.rule, anySlash: true as const } }))
    : written.rules
  const redirects = judgeRedirects(numbered, { files, config, reading, wantedNotFound })
  const headerNotices = headers.rules.flatMap((one) =>
    listHeaderNotices(one.rule, files).map((notice) => toLineNotice(HEADERS_FILE, one, notice)),
  )
  return {
    config: {
      ...(headers.rules.length > 0 && { headers: headers.rules.map(({ rule }) => rule) }),
      ...(redirects.rules.length > 0 && { redirects: redirects.rules }),
    },
    appPage: redirects.appPage,
    warnings: [
      ...headers.unprotected,
      ...written.unprotected,
      ...headers.problems,
      ...written.problems,
      ...(isNetlify && redirects.rules.length > 0 ? [toReadingNotice(because)] : []),
      ...headerNotices,
      ...written.notices,
      ...redirects.warnings,
    ],
  }
}

function toReadingNotice(because: string | undefined): string {
  const why = because === undefined ? 'as "redirects" in holo.json says' : `because ${because}`
  return `${REDIRECTS_FILE} is read as Netlify reads it, ${why}: /old/ is also /old, /guide/* is also /guide, and a file comes before a rule without "!"`
}

/** Empty where there is none. */
async function readSettings(folder: string, name: string): Promise<string> {
  try {
    return (await readRegularFile(folder, name, MAX_SETTINGS_FILE_BYTES))?.toString('utf8') ?? ''
  } catch (cause) {
    if (cause instanceof FileRefusal) throw new PublishError(`/${name} ${cause.message}`, { cause })
    throw cause
  }
}
