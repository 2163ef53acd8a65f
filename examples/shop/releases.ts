// Which releases the shop has, and which program is each one's backend. Building their pages is
// `build.ts`; this file is cheap to load.

import { fileURLToPath } from 'node:url'
import { RELEASE as RELEASE_A } from './a/release.ts'
import { RELEASE as RELEASE_B } from './b/release.ts'

/** The version id of each release, as its page's header and its backend's answers show it. */
export const SHOP_RELEASES = { a: RELEASE_A, b: RELEASE_B } as const

export type ShopRelease = keyof typeof SHOP_RELEASES

/** The program of a release's backend, to be run by Node with `--port N` (0: any free one). */
export function shopServer(release: ShopRelease): string {
  return fileURLToPath(new URL(`./${release}/server.ts`, import.meta.url))
}
