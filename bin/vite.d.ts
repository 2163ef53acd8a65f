// The types of the plugin in vite.js. They name nothing of Vite, so that they fit each of its versions.

export type HoloOptions = {
  /**
   * Whether a build is published. If left out, only where the variable HOLO_PUBLISH is 1, so that a build on
   * somebody's own machine stays there.
   */
  readonly publish?: boolean
  /** The id of the version; if left out, HOLO_VERSION, or the first 12 characters of the commit. */
  readonly version?: string
  /** Backends of the version by path prefix: `{ '/api/': 'https://api-14.example.com' }`. */
  readonly services?: Readonly<Record<string, string>>
  /** A target of holo.json; if left out, HOLO_URL or the default target. */
  readonly target?: string
  /** Whether a link is printed that shows the version to whoever opens it; true if left out. */
  readonly preview?: boolean
}

/** The part of Vite's plugins that this one uses. */
export type HoloPlugin = {
  readonly name: string
  readonly apply: 'build'
}

/** Publishes what `vite build` has written, as a version that nobody gets yet. */
export function holo(options?: HoloOptions): HoloPlugin
