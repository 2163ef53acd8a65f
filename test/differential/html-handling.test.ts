// Holo beside Cloudflare's own asset Worker: the same generated folders in both, in every mode, asked
// the same. HOLO_CASES asks for more of them, HOLO_SEED for others.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestConfig } from '../../src/core/site/manifest-config.ts'
import { DOCUMENT } from '../support/http-client.ts'
import { DIFFERENCES, EXAMPLES, toExpected } from './differences.ts'
import { folder, writeFolder } from './folders.ts'
import { toOutcome } from './outcomes.ts'
import { targetFor } from './paths.ts'
import { type Peer, type Site, startCloudflare, startHolo } from './peers.ts'

const HTML_HANDLING = [
  'auto-trailing-slash',
  'force-trailing-slash',
  'drop-trailing-slash',
  'none',
] as const
const NOT_FOUND = ['none', '404-page', 'single-page-application'] as const
const MODES: readonly ManifestConfig[] = HTML_HANDLING.flatMap((htmlHandling) =>
  NOT_FOUND.map((notFound) => ({ htmlHandling, notFound })),
)

const CASES = Number(process.env.HOLO_CASES ?? 600)
const SEED = Number(process.env.HOLO_SEED ?? 20_261_123)
/** Both peers are started anew for each round, with a folder for each mode. */
const CASES_PER_ROUND = 600
const CASES_PER_SITE = CASES_PER_ROUND / MODES.length
const ROUNDS = Array.from({ length: Math.ceil(CASES / CASES_PER_ROUND) }, (_, round) => round)
const ROUND_TIMEOUT_MS = 180_000

const folders: string[] = []

afterAll(() => {
  for (const root of folders) rmSync(root, { recursive: true })
})

/** A folder that both publish in the same way: Cloudflare leaves private names out when told. */
function makeFolder(files: readonly string[], { ignorePrivate }: { ignorePrivate: boolean }) {
  const root = mkdtempSync(join(tmpdir(), 'holo-differential-'))
  folders.push(root)
  writeFolder(root, files)
  if (ignorePrivate)
    writeFileSync(join(root, '.assetsignore'), '.*\n!/.well-known\n!/.well-known/**\n')
  return root
}

async function withPeers(
  sites: readonly Site[],
  body: (cloudflare: Peer, holo: Peer) => Promise<void>,
): Promise<void> {
  const cloudflare = await startCloudflare(sites)
  try {
    const holo = await startHolo(sites)
    await body(cloudflare, holo).finally(holo.stop)
  } finally {
    await cloudflare.stop()
  }
}

describe('HTML and not-found handling', () => {
  it.each(ROUNDS)(
    'answers generated navigations as Cloudflare does, round %i',
    async (round) => {
      const trees = fc.sample(folder, { seed: SEED + round, numRuns: MODES.length })
      const sites = MODES.map((config, site) => ({
        config,
        root: makeFolder(trees[site] ?? [], { ignorePrivate: true }),
      }))
      await withPeers(sites, async (cloudflare, holo) => {
        for (const [site, files] of trees.entries()) {
          const targets = fc.sample(targetFor(files), {
            seed: SEED + round * MODES.length + site,
            numRuns: CASES_PER_SITE,
          })
          const compared = targets.map(async (target) => {
            const expected = await toExpected(target, async (asked) =>
              toOutcome(await cloudflare.ask(site, asked)),
            )
            const actual = toOutcome(await holo.ask(site, target))
            return isDeepStrictEqual(actual, expected) ? [] : [{ target, actual, expected }]
          })
          const unlike = (await Promise.all(compared)).flat()
          expect({ ...MODES[site], files, unlike }).toEqual({ ...MODES[site], files, unlike: [] })
        }
      })
    },
    ROUND_TIMEOUT_MS,
  )
})

describe('what differs on purpose', () => {
  const names = ['app', 'pages', 'plain'] as const
  let cloudflare: Peer
  let holo: Peer

  beforeAll(async () => {
    const sites = names.map((name) => ({
      root: makeFolder(EXAMPLES[name].files, { ignorePrivate: false }),
      config: { htmlHandling: 'auto-trailing-slash', notFound: EXAMPLES[name].notFound } as const,
    }))
    cloudflare = await startCloudflare(sites)
    holo = await startHolo(sites)
  })

  afterAll(async () => {
    await Promise.all([cloudflare?.stop(), holo?.stop()])
  })

  it.each(DIFFERENCES)('$what, because $why', async (difference) => {
    const asked = { headers: DOCUMENT, ...difference.ask }
    for (const name of ['cloudflare', 'holo'] as const) {
      const peer = name === 'holo' ? holo : cloudflare
      const answer = await peer.ask(names.indexOf(difference.site), difference.target, asked)
      expect({ ...toOutcome(answer), cacheControl: answer.headers['cache-control'] }).toMatchObject(
        difference[name],
      )
    }
  })
})
