// Holo as `npm start` runs it, with all releases published, the old one live, and their backend.

import { Replay, type ReplayResult } from '../../../src/core/rollout/replay.ts'
import type { AssignmentsDocument } from '../../../src/document/schema.ts'
import { findFreePort } from '../../../src/local/ports.ts'
import { rolloutEventsReply } from '../../../src/wire/rollout-events.ts'
import type { RolloutExplanation, RolloutStatus } from '../../../src/wire/rollouts.ts'
import { startBackend } from '../../local/backend-process.ts'
import { startEdge } from '../../local/edge.ts'
import { connect, type LocalApi } from '../../local/publish.ts'
import { makeScript, withSite } from '../site.ts'
import { MEASURE, OLD, RELEASES, type Release, toPlan } from './releases.ts'

const HOST = '127.0.0.1'
const TOKEN = 'holo-bench-0123456789abcdef0123456789abcdef'
const BACKEND = new URL('backend.ts', import.meta.url).pathname

/** The path of the script that the page of a version loads. */
export const toScript = (version: string) => `/assets/app-${version.replaceAll('.', '')}9f3c71.js`

export type Stand = {
  readonly url: URL
  /** Starts a rollout, by the plan of its release if none is given, and returns its number. */
  readonly startRollout: (release: Release, plan?: object) => Promise<number>
  readonly readRollout: (id: number) => Promise<RolloutStatus>
  readonly explainRollout: (id: number) => Promise<RolloutExplanation>
  readonly replayRollout: (id: number) => Promise<ReplayResult>
  readonly dispose: () => Promise<void>
}

export async function startStand(dataDir: string): Promise<Stand> {
  const backend = await startBackend(BACKEND, await findFreePort(HOST))
  const edge = await startEdge({
    host: HOST,
    port: 0,
    dataDir,
    variables: { ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: TOKEN },
    direct: true,
  })
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const address = (to: string) => new URL(`/.holo/api${to}`, edge.url)
    const etag = async () =>
      (await fetch(address('/assignments'), { headers })).headers.get('etag') ?? '"0"'
    const response = await fetch(address(path), {
      method,
      headers: body ? { ...headers, 'if-match': await etag() } : headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }
  const dispose = async () => {
    await Promise.all([edge.dispose(), backend.stop()])
  }
  try {
    const holo = connect(edge.url, TOKEN)
    const versions: AssignmentsDocument['versions'] = {}
    for (const id of [OLD, ...RELEASES.map(({ version }) => version)]) {
      versions[id] = await publish(holo, id, backend.origin)
    }
    const document: AssignmentsDocument = {
      schema: 1,
      revision: 1,
      salt: 'bench',
      environments: { main: { version: OLD }, canary: { version: OLD } },
      traffic: { main: 100, canary: 0 },
      versions,
      measure: MEASURE,
    }
    await holo.begin(document)
  } catch (cause) {
    await dispose()
    throw cause
  }
  return {
    url: edge.url,
    startRollout: async (release, plan = toPlan(release)) => {
      const body = { version: release.version, environment: 'canary', plan }
      const { rollout } = await call<{ rollout: RolloutStatus }>('POST', '/rollouts', body)
      return rollout.id
    },
    readRollout: (id) => call('GET', `/rollouts/${id}`),
    explainRollout: (id) => call('GET', `/rollouts/${id}/explain`),
    replayRollout: async (id) => {
      const read = async (cursor: string) =>
        rolloutEventsReply.parse(await call('GET', `/rollouts/${id}/events${cursor}`))
      const first = await read('')
      if (!first.recorded) throw new Error(`the first page of rollout ${id} has no state`)
      const replay = new Replay(first.recorded)
      replay.add(first.events, first.transitions)
      for (let { next } = first; next !== undefined && !replay.isOver; ) {
        const page = await read(`?cursor=${next}`)
        replay.add(page.events, page.transitions)
        next = page.next
      }
      return replay.result()
    },
    dispose,
  }
}

/**
 * Publishes a page, its script and the service of all releases. Returns the version's entry in the
 * document.
 */
function publish(
  holo: LocalApi,
  id: string,
  origin: string,
): Promise<AssignmentsDocument['versions'][string]> {
  const script = toScript(id)
  const files = [
    ['/index.html', `<!doctype html><title>${id}</title><script src="${script}"></script>\n`],
    [script, makeScript(id, 14_000)],
  ] as const
  const services = [{ prefix: '/api/', origins: [origin] }]
  return withSite(files, async (folder) => {
    const { entry } = await holo.publish({ folder, id, services })
    return { ...entry, open: true }
  })
}
