// The edge on a free port of this machine, which looks into KV ten times a second and takes backends over plain
// http. The tests put files and the document into its storage.

import { randomBytes } from 'node:crypto'
import { startEdge } from '../../scripts/local/edge.ts'

/** @param secure whether it answers over https. */
export async function startQuickEdge({ secure = false }: { readonly secure?: boolean } = {}) {
  const token = randomBytes(32).toString('hex')
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    ...(secure ? { secure } : { direct: true }),
    variables: { KV_REFRESH_MS: '100', ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: token },
  })
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  const store = { put: (key: string, value: Uint8Array<ArrayBuffer>) => bucket.put(key, value) }
  return { edge, token, kv, store }
}
