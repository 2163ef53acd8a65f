// What `holo doctor` finds out by asking the site: whether Holo answers, what stands in front of it and changes or
// keeps its pages, and what the token may do.

import compareVersions from 'semver/functions/compare.js'
import parseVersion from 'semver/functions/parse.js'
import type { z } from 'zod'
import { PACKAGE_NAME } from '../../local/package-parts.ts'
import { healthAsRead } from '../../wire/health.ts'
import { whoamiAsRead } from '../../wire/tokens.ts'
import { type Api, toReason } from '../api.ts'
import { CliFailure } from '../failure.ts'
import { toSpan, toTime } from '../words.ts'
import { type Diagnosis, diagnosesOf } from './diagnosis.ts'
import { type ProbedPage, probePage } from './page-probe.ts'

const site = diagnosesOf('site')
const access = diagnosesOf('access')

/** Cloudflare says one of these where its cache has not kept the page. */
const UNCACHED = ['DYNAMIC', 'BYPASS', 'NONE/UNKNOWN']
/** Links, sessions and ends of tokens are compared with this machine's clock. */
const MAX_CLOCK_SKEW_MS = 60_000
const SOON_MS = 7 * 86_400_000
const MOST_FILLED_PERCENT = 75

/** Without a token. */
export async function checkSite(url: URL, signal: AbortSignal): Promise<Diagnosis[]> {
  const [page, holo] = await Promise.all([
    probe(url, '/', signal),
    probe(url, '/.holo/version', signal),
  ])
  if (!holo.ok) {
    const mend = 'check the address, and that the Worker is deployed and routed there: holo deploy'
    return [site.wrong('Holo answers', `${url.origin} does not answer: ${holo.error}`, mend)]
  }
  const isHolo = /json/.test(holo.value.headers['content-type'] ?? '')
  if (!isHolo) {
    const mend = 'route the host to the Worker of Holo (docs/operations.md), or correct the address'
    return [site.wrong('Holo answers', `something else than Holo answers at ${url.origin}`, mend)]
  }
  return [
    site.fine('Holo answers', url.origin),
    ...(page.ok ? checkPage(page.value) : []),
    checkHost(url),
    checkClock(holo.value.headers.date, Date.now()),
  ]
}

async function probe(url: URL, path: string, signal: AbortSignal) {
  try {
    return { ok: true, value: await probePage(new URL(path, url), signal) } as const
  } catch (cause) {
    signal.throwIfAborted()
    return { ok: false, error: toReason(cause) } as const
  }
}

/** Settings of the zone that act on a page between Holo and its visitors. */
export function checkPage({ status, headers, body, hasEarlyHints }: ProbedPage): Diagnosis[] {
  const cache = headers['cf-cache-status']
  const age = Number(headers.age ?? 0)
  const isKept = (cache !== undefined && !UNCACHED.includes(cache.toUpperCase())) || age > 0
  const kept = cache === undefined ? `age: ${age}` : `cf-cache-status: ${cache}`
  return [
    ...(status === 503
      ? [
          site.warning(
            'something is published',
            'pages answer 503',
            'holo publish FOLDER --version 1.0.0 --first main',
          ),
        ]
      : []),
    isKept
      ? site.wrong(
          'no cache in front',
          `a cache keeps pages before they reach Holo (${kept}): everybody gets the version of whoever came first`,
          'remove rules that cache HTML, "Cache Everything" and APO (Caching, Cache Rules), then purge the cache',
        )
      : site.fine('no cache in front', 'pages are not cached before Holo'),
    hasEarlyHints
      ? site.wrong(
          'no Early Hints',
          'Cloudflare sends 103 with links that another version gave: browsers load files that the page does not use',
          'switch Early Hints off (Speed, Settings, Content Optimization)',
        )
      : site.fine('no Early Hints', 'no 103 was sent'),
    ...(/rocket-loader(?:\.min)?\.js|email-decode(?:\.min)?\.js/.test(body)
      ? [
          site.wrong(
            'pages arrive as they were built',
            'Cloudflare changes pages on their way: Rocket Loader or Email Address Obfuscation is on',
            'switch both off (Speed, Settings; Scrape Shield)',
          ),
        ]
      : [site.fine('pages arrive as they were built', 'nothing was added on the way')]),
  ]
}

function checkHost({ hostname }: URL): Diagnosis {
  if (!hostname.endsWith('.workers.dev')) return site.fine('the Cache API', hostname)
  return site.warning(
    'the Cache API',
    'it does not work on workers.dev: every isolate asks the control and R2 for itself, four times as often on a busy site',
    'give the Worker a domain: routes = [{ pattern = "shop.example.com", custom_domain = true }] in wrangler.toml',
  )
}

export function checkClock(date: string | undefined, now: number): Diagnosis {
  const told = Date.parse(date ?? '')
  if (Number.isNaN(told)) return site.unknown('the clock', 'the site does not say what time it is')
  const skew = now - told
  if (Math.abs(skew) <= MAX_CLOCK_SKEW_MS)
    return site.fine('the clock', 'this machine and the site agree')
  return site.wrong(
    'the clock',
    `this machine is ${toSpan(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} the site`,
    'set the clock of this machine (NTP)',
  )
}

/**
 * With a token.
 *
 * @param ownVersion of this command.
 */
export async function checkAccess(api: Api, ownVersion: string, now: number): Promise<Diagnosis[]> {
  try {
    const who = await api.ask(whoamiAsRead, 'GET', '/whoami')
    const { control, holoVersion } = await api.ask(healthAsRead, 'GET', '/health')
    return [
      ...checkToken(who, now),
      checkVersion(holoVersion, ownVersion),
      ...checkControl(control),
    ]
  } catch (cause) {
    if (!(cause instanceof CliFailure)) throw cause
    const mend =
      cause.code === 'unauthenticated'
        ? 'set HOLO_TOKEN to one that holds. If none does, the secret of the Worker is missing: npx wrangler secret list, npx wrangler secret put HOLO_ADMIN_TOKEN'
        : cause.details.hint
    return [access.wrong('the token', cause.message, mend)]
  }
}

export function checkToken(
  { token, scopes, expiresAt }: z.infer<typeof whoamiAsRead>,
  now: number,
): Diagnosis[] {
  const may = `it may ${scopes.join(', ')}`
  const another = 'holo token create NAME --scope publish --scope shift --expires 90d'
  const isFirst = token === 'first'
  return [
    isFirst
      ? access.warning(
          'the token',
          'this is the first token, which may do everything for ever',
          another,
        )
      : access.fine('the token', may),
    ...(scopes.includes('publish') || scopes.includes('admin')
      ? []
      : [access.warning('its scopes', `${may}, and not publish`, another)]),
    expiresAt === undefined
      ? access.fine('its end', 'it has none')
      : expiresAt - now > SOON_MS
        ? access.fine('its end', toTime(expiresAt))
        : access.warning('its end', `it ends at ${toTime(expiresAt)}`, another),
  ]
}

/** @param deployed as the Worker says it. The first one that says it is 0.1.0. */
export function checkVersion(deployed: string | undefined, own: string): Diagnosis {
  const check = 'the version of Holo'
  const upgrade = 'holo deploy --dry-run, then holo deploy (docs/package.md, Upgrades)'
  if (deployed === undefined) {
    const message = `the Worker does not say its own: it is older than this command, ${own}`
    return access.warning(check, message, upgrade)
  }
  const [theirs, ours] = [parseVersion(deployed), parseVersion(own)]
  const order = theirs && ours ? compareVersions(theirs, ours) : undefined
  if (deployed === own || order === 0) return access.fine(check, `${own}, here and deployed`)
  const both = `the Worker is ${deployed}, this command ${own}`
  if (order === undefined) {
    return access.warning(check, both, `install the same one here, or: ${upgrade}`)
  }
  return order < 0
    ? access.warning(check, `${both}: what this command offers may be missing there`, upgrade)
    : access.warning(
        check,
        `${both}: holo deploy from here would put the older Worker back`,
        `put ${PACKAGE_NAME} ${theirs?.version} into this project before the next holo deploy`,
      )
}

function checkControl(control: z.infer<typeof healthAsRead>['control']): Diagnosis[] {
  if (!control) return [access.unknown('the control', 'it does not say how it is')]
  const { publishError, externalProblem, lost, fill = [] } = control
  const full = fill.filter(({ used, limit }) => (used * 100) / limit >= MOST_FILLED_PERCENT)
  const wrong = [
    ...(publishError
      ? [
          access.wrong(
            'the document in KV',
            `it cannot be written: ${publishError}`,
            'check the binding ASSIGNMENTS, and on the free plan the 1,000 writes of a day; the control tries again by itself',
          ),
        ]
      : []),
    ...(externalProblem
      ? [
          access.wrong(
            'the document in KV',
            `somebody has written an invalid one: ${externalProblem}`,
            'mend it, or make any change with holo',
          ),
        ]
      : []),
    ...(lost?.files
      ? [
          access.wrong(
            'the files in R2',
            `${lost.files} lost or damaged (${lost.versions.join(', ')})`,
            'holo verify --files names them; publish the same folder again',
          ),
        ]
      : []),
    ...full.map(({ part }) =>
      access.warning(
        'what fills up',
        `${part}: more than ${MOST_FILLED_PERCENT} % full`,
        'holo status says what to do',
      ),
    ),
  ]
  return wrong.length > 0 ? wrong : [access.fine('the control', 'document and files are in order')]
}
