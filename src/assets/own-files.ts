// Remembers what was found in manifests: which file answers a path, because the same few files of a site are asked
// for again and again, and whether a version has any file below the prefix of a service. Paths at which there is no
// file are not remembered: they are as many as a client likes.

import type { Manifest } from '../core/site/manifest.ts'
import { type Intent, resolveOwn } from '../core/site/resolve.ts'

/**
 * Of all versions together: about 2 MB, and 8 MB with the headers of their replies (representation.ts). When there
 * are more, all are forgotten.
 */
export const MAX_REMEMBERED_FILES = 2048
const MAX_PATH_CHARACTERS = 256

export class OwnFiles {
  /** By manifest and path. It keeps no manifest in memory. */
  #known = new WeakMap<Manifest, Map<string, Intent>>()
  #count = 0
  /** By manifest and prefix. */
  readonly #areas = new WeakMap<Manifest, Map<string, boolean>>()

  /** What `resolveOwn` answers. */
  resolve(manifest: Manifest, path: string): Intent | undefined {
    const known = this.#known.get(manifest)
    const found = known?.get(path)
    if (found) return found
    const intent = resolveOwn(manifest, path)
    if (intent?.kind === 'file' && path.length <= MAX_PATH_CHARACTERS) {
      this.#remember(manifest, path, intent)
    }
    return intent
  }

  /**
   * Whether the version may answer a path below this prefix itself: it has redirects, or a file whose
   * path begins like the prefix. `/api` alone counts too, because `/api.html` answers `/api/`.
   *
   * @param prefix of a service, such as `/api/`.
   */
  mayAnswerBelow(manifest: Manifest, prefix: string): boolean {
    // Manifests have decoded paths.
    if (manifest.config.redirects || prefix.includes('%')) return true
    const areas = this.#areas.get(manifest) ?? new Map<string, boolean>()
    const known = areas.get(prefix)
    if (known !== undefined) return known
    const found = manifest.hasPathBeginning(prefix.slice(0, -1))
    this.#areas.set(manifest, areas.set(prefix, found))
    return found
  }

  #remember(manifest: Manifest, path: string, intent: Intent): void {
    if (this.#count >= MAX_REMEMBERED_FILES) {
      this.#known = new WeakMap()
      this.#count = 0
    }
    const known = this.#known.get(manifest) ?? new Map<string, Intent>()
    this.#known.set(manifest, known.set(path, intent))
    this.#count += 1
  }
}
