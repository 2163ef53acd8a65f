// Counts the operations on KV, R2 and the Cache API for a thousand requests.

import { ask } from './ask.ts'
import { startCounted } from './counted.ts'
import { loadStoredSite } from './published.ts'
import type { Operations } from './results.ts'
import { makeBytes, withSite } from './site.ts'

const REQUESTS = 1000
/** The number of files, which are requested in turn. */
const FILES = 100
const FILE_BYTES = 4096

export async function countOperations(say: (line: string) => void): Promise<Operations[]> {
  say(`operations: publishing ${FILES} files`)
  const paths = Array.from({ length: FILES }, (_, file) => `/assets/${file}.woff2`)
  const files = paths.map((path) => [path, makeBytes(path, FILE_BYTES)] as const)
  const holo = await withSite(files, async (folder) => startCounted(await loadStoredSite(folder)))
  try {
    const count = async (name: string): Promise<Operations> => {
      say(`operations: ${name}`)
      await holo.count(name, 0)
      for (let pass = 0; pass < REQUESTS / FILES; pass++) {
        for (const path of paths) await ask(holo.url, path)
      }
      return holo.count(name, REQUESTS)
    }
    const cold = await count('cold isolate, cold data centre')
    await fetch(new URL('/bench/new-isolate', holo.url))
    const cached = await count('cold isolate, warm data centre')
    const warm = await count('warm isolate')
    return [
      cold,
      cached,
      { ...warm, aim: { atMost: 0, met: warm.kv + warm.r2 + warm.control === 0 } },
    ]
  } finally {
    await holo.dispose()
  }
}
