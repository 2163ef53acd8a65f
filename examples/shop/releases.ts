// Which releases the shop has, and which program is each one's backend. Building their pages is
// `build.ts`; this file is cheap to load.

import { fileURLToPath } from 'node:url'
import { RELEASE as RELEASE_A } from './a/release.ts'
import { RELEASE as RELEASE_B } from './b/release.ts'
import { RELEASE as RELEASE_C } from './c/release.ts'

/** The version id of each release, as its page's header and its backend's answers show it. */
export const SHOP_RELEASES = { a: RELEASE_A, b: RELEASE_B } as const

export type ShopRelease = keyof typeof SHOP_RELEASES

/** The release that `npm start` builds and leaves for its user to publish. */
export const NEXT_RELEASE = RELEASE_C

export type AnyRelease = ShopRelease | 'c'

/** The version id of any release. */
export function toReleaseId(release: AnyRelease): string {
  return release === 'c' ? NEXT_RELEASE : SHOP_RELEASES[release]
}

/** The program of a release's backend, to be run by Node with `--port N` (0: any free one). `dark` is b's, written anew. */
export function shopServer(release: AnyRelease | 'dark'): string {
  return fileURLToPath(new URL(`./${release}/server.ts`, import.meta.url))
}
