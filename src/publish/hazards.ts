// What will hurt after a publication though nothing is wrong with it: pages that browsers keep, names
// that do not change with their content, source maps, secrets, and files that nobody can reach. Pure
// over what the survey of a folder has found; each notice is one sentence.

import { type Directive, parseCacheControl } from '../core/cache-control.ts'
import type { ManifestConfig } from '../core/manifest-config.ts'
import { splitHost } from '../core/site-rules.ts'
import { compilePattern } from '../core/site-rules-pattern.ts'
import { toAddress } from './addresses.ts'
import { toSample } from './sample.ts'
import type { Survey, SurveyedFile } from './survey.ts'

const HTML = /^(?:text\/html|application\/xhtml\+xml)\b/i
const SCRIPT_OR_STYLE = /\.(?:m?js|css)$/i
const SOURCE_MAP = /\.map$/i
/** Keys, certificates with keys, dumps and settings that a build copied along. */
const SECRET =
  /(?:^|\/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json)?|secrets?\.(?:json|ya?ml|toml)|service-account[^/]*\.json|[^/]*\.env|env\.(?:local|production)|wrangler\.toml|holo\.json|admin-token|[^/]*\.(?:pem|key|p12|pfx|keystore|jks|sql|sqlite3?|bak))$/i

/** A page that is kept longer is on old scripts for as long, whatever is rolled back. */
const MAX_PAGE_AGE_S = 3600

/** What the publisher should look at. */
export function listHazards({ files, config }: Pick<Survey, 'files' | 'config'>): string[] {
  return [
    ...findSecrets(files),
    ...findKeptPages(files, config),
    ...findUnhashed(files),
    ...findSourceMaps(files),
    ...findUnreachable(files, config),
  ]
}

function findSecrets(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(({ path }) => SECRET.test(path))
  if (found.length === 0) return []
  return [
    `${toPaths(found)} may hold secrets, and everybody can read them once a public environment has this version`,
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
      `_headers lets browsers keep ${toPaths(pages)} for ${toDuration(age)}: until then no shift and no rollback reaches who has been there`,
    ]
  })
}

/** `no-cache="name"` is about one header only (RFC 9111 section 5.2.2.4). */
function isAlwaysAsked({ name, value }: Directive): boolean {
  return name === 'no-store' || (name === 'no-cache' && value === undefined)
}

function findUnhashed(files: readonly SurveyedFile[]): string[] {
  const found = files.filter(({ path, hashed }) => !hashed && SCRIPT_OR_STYLE.test(path))
  if (found.length === 0) return []
  return [
    `${toPaths(found)}: the name does not change with the content, so an old tab may get the new file; let the bundler put a hash into it`,
  ]
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

function toDuration(seconds: number): string {
  const days = seconds / 86_400
  return days >= 2 ? `${Math.round(days)} days` : `${Math.round(seconds / 3600)} hours`
}
