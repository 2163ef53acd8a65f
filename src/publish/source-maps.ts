// Which files of a folder are source maps, and what happens to them. They hold the source code, so that they are
// private unless the publisher says otherwise: stored for `holo errors`, and never served.

export const SOURCE_MAPS = ['private', 'public', 'none'] as const

/** `none`: they are left out. */
export type SourceMaps = (typeof SOURCE_MAPS)[number]

export const DEFAULT_SOURCE_MAPS: SourceMaps = 'private'

/** Also copies that the build has compressed. */
const SOURCE_MAP = /\.map(?:\.(?:gz|br|zst))?$/i

/** Whether a manifest path is a source map by its name. */
export function isSourceMap(path: string): boolean {
  return SOURCE_MAP.test(path)
}
