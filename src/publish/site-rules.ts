// Makes the rules of a version from `_headers` and `_redirects` of its folder, with warnings for the publisher.
// headers-file.ts and redirects-file.ts parse the lines.

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
  /** Which host `_redirects` was written for; detected from its syntax when left out. */
  readonly reading: RedirectsReading | undefined
  /** The publisher's setting of `notFound`; left out if it is detected from the files. */
  readonly wantedNotFound?: ManifestConfig['notFound'] | undefined
  /** The path of the project's netlify.toml, which shows that the files were written for Netlify. */
  readonly netlify?: string | undefined
}

/** @throws PublishError when one of the two files exists and cannot be read. */
export async function loadSiteRules(folder: string, options: SiteRulesOptions): Promise<SiteRules> {
  const [headers, redirects] = await Promise.all([
    readSettings(folder, HEADERS_FILE),
    readSettings(folder, REDIRECTS_FILE),
  ])
  return toSiteRules({ headers, redirects }, options)
}

/** @param texts The contents of the two files; empty if a file does not exist. */
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

/** The content of the file; empty if it does not exist. */
async function readSettings(folder: string, name: string): Promise<string> {
  try {
    return (await readRegularFile(folder, name, MAX_SETTINGS_FILE_BYTES))?.toString('utf8') ?? ''
  } catch (cause) {
    if (cause instanceof FileRefusal) throw new PublishError(`/${name} ${cause.message}`, { cause })
    throw cause
  }
}
