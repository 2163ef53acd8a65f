// Cloudflare's own asset Worker, which miniflare contains, and Holo, both serving the same folders:
// each behind a socket that leads straight into it, so that paths arrive as they were sent.

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { startEdge } from '../../scripts/local/edge.ts'
import { connect } from '../../scripts/local/publish.ts'
import type { ManifestConfig } from '../../src/core/site/manifest-config.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { type Answer, type Ask, ask, DOCUMENT } from '../support/http-client.ts'

export type Site = { readonly root: string; readonly config: ManifestConfig }

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

const NAVIGATION: Ask = { headers: DOCUMENT }

/** `site` counts the sites that the peer was started with. */
export type Peer = {
  readonly ask: (site: number, target: string, asked?: Ask) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export async function startCloudflare(sites: readonly Site[]): Promise<Peer> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      port: 0,
      log: new Log(LogLevel.WARN),
      workers: sites.map(({ root, config }, site) => ({
        name: `site-${site}`,
        modules: true,
        script: 'export default {}',
        compatibilityDate: '2026-01-01',
        assets: {
          directory: root,
          binding: 'ASSETS',
          routerConfig: { has_user_worker: false },
          assetConfig: {
            html_handling: config.htmlHandling,
            not_found_handling: config.notFound,
          },
        },
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      })),
    }),
  )
  await miniflare.ready
  const urls = await Promise.all(
    sites.map((_, site) => miniflare.unsafeGetDirectURL(`site-${site}`)),
  )
  return {
    ask: (site, target, asked = NAVIGATION) => {
      const url = urls[site]
      if (!url) throw new RangeError(`there is no site ${site}`)
      return ask(url, target, asked)
    },
    stop: () => miniflare.dispose(),
  }
}

export async function startHolo(sites: readonly Site[]): Promise<Peer> {
  const variables = { HOLO_ADMIN_TOKEN: TOKEN }
  const edge = await startEdge({ host: '127.0.0.1', port: 0, direct: true, variables })
  const holo = connect(edge.url, TOKEN)
  const versions: AssignmentsDocument['versions'] = {}
  const environments: AssignmentsDocument['environments'] = { main: { version: 'site-0' } }
  for (const [site, { root, config }] of sites.entries()) {
    const id = `site-${site}`
    const { entry } = await holo.publish({ folder: root, id, services: [], ...config })
    versions[id] = entry
    environments[id] = { version: id, hosts: [toHost(site)] }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'differential',
    environments,
    traffic: { main: 100 },
    versions,
  }
  await holo.begin(document)
  return {
    ask: (site, target, asked = NAVIGATION) =>
      ask(edge.url, target, { ...asked, headers: { ...asked.headers, host: toHost(site) } }),
    stop: edge.dispose,
  }
}

function toHost(site: number): string {
  return `site-${site}.example.com`
}
