// Holo's router with a control that asks for everything of everybody and remembers what it is told.
// GET /told gives that.

import type { Batch, Collected } from '../../src/core/counting/batch.ts'
import { readOutcomes } from '../../src/core/counting/outcomes.ts'
import type { Env } from '../../src/env.ts'
import { digestText, type SyncReport } from '../../src/loading/sync.ts'
import { createRouter, type Router } from '../../src/router.ts'
import type { Told } from '../proxy/order.ts'

type Bindings = Omit<Env, 'CONTROL'> & { readonly DOCUMENT: string; readonly COLLECTED: Collected }

/** In order. */
const told: Told[] = []
let router: Router | undefined

function createControl({ DOCUMENT, COLLECTED }: Bindings) {
  const sync = async ({ held, batch }: SyncReport) => {
    if (batch) told.push(...listTold(batch))
    const digest = await digestText(DOCUMENT)
    const { revision } = JSON.parse(DOCUMENT) as { revision: number }
    const text = held?.digest === digest ? undefined : DOCUMENT
    return { current: { revision, digest }, text, nextMs: 0, collected: COLLECTED }
  }
  return { getByName: () => ({ sync }) }
}

function listTold({ windows }: Batch): Told[] {
  return windows.flatMap(({ groups }) =>
    groups.flatMap(({ kinds, outcomes }) =>
      [...readOutcomes(outcomes)].map(({ kind }) => {
        const { metric = '', route = '' } = kinds[kind] ?? {}
        return { metric, route }
      }),
    ),
  )
}

// biome-ignore lint/style/noDefaultExport: the entry of a Worker
export default {
  fetch: async (request, env, ctx) => {
    if (new URL(request.url).pathname === '/told') return Response.json(told)
    router ??= createRouter({ ...env, CONTROL: createControl(env) as unknown as Env['CONTROL'] })
    return router(request, ctx)
  },
} satisfies ExportedHandler<Bindings>
