// Reads what a page loads at once (scripts, styles, what it preloads) while the page is on its way, so
// that the browser's next requests find it in memory. The list was written when the version was
// published. assets.ts says when.

import { mapConcurrently } from '../core/concurrently.ts'
import type { Manifest } from '../core/site/manifest.ts'
import type { Blobs } from './blobs.ts'
import { MAX_WARMED_BYTES, MAX_WARMED_FILES } from './limits.ts'
import { type Choice, chooseRepresentation } from './representation.ts'
import { toAcceptEncoding } from './serve.ts'
import type { Background } from './store.ts'

/** The platform lets a request wait for six answers at once. Two are left for the page itself. */
const AT_ONCE = 4

/** No read begins later than this: the platform ends work behind a reply after 30 s. */
const WARM_MS = 10_000

/** The paths of what a page loads, as its version lists them. */
export function listLoads({ config: { loads = {} } }: Manifest, page: string): readonly string[] {
  return Object.hasOwn(loads, page) ? (loads[page] ?? []) : []
}

/**
 * Loads files of a page into memory, in the forms that the client of the page takes. What a request is
 * reading already is left to it. Deltas are not loaded: a request for a page does not say which dictionaries
 * its client has for the files, and this is done once for all visitors of the data centre.
 */
export async function warmFiles(
  manifest: Manifest,
  paths: readonly string[],
  request: Request,
  blobs: Blobs,
  ctx: Background,
): Promise<void> {
  const began = Date.now()
  let isOver = false
  await mapConcurrently(chooseWarmed(manifest, paths, request), AT_ONCE, async (choice) => {
    if (isOver || Date.now() - began > WARM_MS) return
    if (blobs.has(choice.blob) || blobs.isBeingRead(choice.blob)) return
    // A store that fails once is not asked for what nobody has requested yet.
    if ((await blobs.load(choice, ctx)) === 'unavailable') isOver = true
  })
}

function chooseWarmed(
  manifest: Manifest,
  paths: readonly string[],
  request: Request,
): readonly Choice[] {
  const accepted = toAcceptEncoding(request)
  const chosen: Choice[] = []
  let unused = MAX_WARMED_BYTES
  for (const path of paths.slice(0, MAX_WARMED_FILES)) {
    const entry = manifest.find(path)
    const choice = entry && chooseRepresentation(entry, accepted)
    if (!choice || choice.size > unused) continue
    unused -= choice.size
    chosen.push(choice)
  }
  return chosen
}
