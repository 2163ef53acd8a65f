// Finds where frames of a stack are in the source, with the source maps of the version. It runs in the Worker of
// the API, never in the control, and reads one map at a time, so that a large one cannot take the memory of the
// isolate that also serves visitors.

import {
  FlattenMap,
  originalPositionFor,
  type SourceMapInput,
  type TraceMap,
} from '@jridgewell/trace-mapping'
import { toHarmless } from '../../core/harmless-text.ts'
import { normalisePath, toManifestPath } from '../../core/path.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import type { ManifestEntry } from '../../core/site/manifest-entry.ts'
import type { ErrorFrame, Unresolved } from '../../wire/errors.ts'
import {
  MAX_MAPS_PER_REQUEST,
  MAX_SOURCE_MAP_BYTES,
  MAX_SOURCE_MAP_SEGMENTS,
} from '../http/limits.ts'
import type { ContentStore } from './content-store.ts'

/** After this time further frames stay as they are. */
const RESOLVE_TIMEOUT_MS = 10_000

/** Names and paths in a source; longer ones are cut. */
const MAX_NAME_CHARACTERS = 300

/** `name@/path:line:column`, or without the name. */
const FRAME =
  /^(?:(?<name>[^@]*)@)?(?<path>\/[^?#]*?)(?:\?[^:]*)?:(?<line>\d{1,9}):(?<column>\d{1,9})$/

type Place = { readonly path: string; readonly line: number; readonly column: number }

type Frame = { readonly raw: string; readonly place: Place | undefined }

/**
 * The frames in their order, each with its place in the source or the reason why that is not known.
 *
 * @param manifest the hash of the manifest of the version; `undefined` if the version is gone.
 */
export async function resolveFrames(
  store: ContentStore,
  manifest: string | undefined,
  raw: readonly string[],
): Promise<readonly ErrorFrame[]> {
  const frames = raw.map((text): Frame => ({ raw: text, place: parseFrame(text) }))
  const paths = new Set(frames.flatMap(({ place }) => (place ? [place.path] : [])))
  if (paths.size === 0) return frames.map((frame) => toFrame(frame, 'no-place'))
  const opened = manifest === undefined ? 'missing' : await loadManifest(store, manifest)
  if (typeof opened === 'string') {
    const why = opened === 'missing' ? 'no-map' : 'unavailable'
    return frames.map((frame) => toFrame(frame, frame.place ? why : 'no-place'))
  }
  const resolved = new Map<Frame, ErrorFrame>()
  const endsAt = Date.now() + RESOLVE_TIMEOUT_MS
  let read = 0
  for (const path of paths) {
    const its = frames.filter(({ place }) => place?.path === path)
    const entry = opened.findAny(`${path}.map`)
    const isTried = entry === undefined || (read < MAX_MAPS_PER_REQUEST && Date.now() < endsAt)
    if (entry && isTried) read += 1
    const places = !isTried ? 'not-tried' : entry ? await readPlaces(store, entry, its) : 'no-map'
    for (const [i, frame] of its.entries()) {
      resolved.set(
        frame,
        typeof places === 'string' ? toFrame(frame, places) : toPlaced(frame, places[i]),
      )
    }
  }
  return frames.map((frame) => resolved.get(frame) ?? toFrame(frame, 'no-place'))
}

/** The path is that of the manifest: decoded. */
function parseFrame(raw: string): Place | undefined {
  const { path = '', line, column } = FRAME.exec(raw)?.groups ?? {}
  if (line === undefined || column === undefined || !URL.canParse(path, 'https://holo.invalid')) {
    return undefined
  }
  const normal = normalisePath(new URL(path, 'https://holo.invalid'))
  const name = normal === undefined ? undefined : toManifestPath(normal)
  if (name === undefined || Number(line) < 1) return undefined
  return { path: name, line: Number(line), column: Number(column) }
}

async function loadManifest(
  store: ContentStore,
  hash: string,
): Promise<Manifest | 'missing' | 'unavailable'> {
  const bytes = await store.getManifest(hash)
  if (typeof bytes === 'string') return bytes
  const opened = openManifest(bytes)
  return opened.ok ? opened.value : 'missing'
}

type FoundPlace = { source: string; line: number; column: number; name?: string } | undefined

/** The places of frames of one file. What the map takes is free again when this returns. */
async function readPlaces(
  store: ContentStore,
  { blob, size }: ManifestEntry,
  frames: readonly Frame[],
): Promise<readonly FoundPlace[] | Unresolved> {
  if (size > MAX_SOURCE_MAP_BYTES) return 'too-large'
  const text = await store.readText(blob, MAX_SOURCE_MAP_BYTES)
  if (typeof text !== 'object') return text === 'missing' ? 'no-map' : 'unavailable'
  try {
    const map = openMap(text.text)
    return typeof map === 'string' ? map : frames.map(({ place }) => place && findPlace(map, place))
  } catch {
    return 'unreadable'
  }
}

/** Some tools put this before a map, so that it cannot be run as a script. */
const NO_SCRIPT = /^\)\]\}'?[^\n]*\n/

/** Index maps may hold further ones; real ones have one level. */
const MAX_MAP_DEPTH = 4

type MapJson = {
  mappings?: unknown
  sourcesContent?: unknown
  readonly sections?: readonly { readonly map?: MapJson }[]
}

/** @throws what JSON and the reader of maps throw for a broken one. */
function openMap(text: string): TraceMap | Unresolved {
  const json: MapJson = JSON.parse(text.replace(NO_SCRIPT, ''))
  const segments = countSegments(json, 0)
  // The reader copies the segments of an index map once more.
  const times = json.sections ? 2 : 1
  return segments * times > MAX_SOURCE_MAP_SEGMENTS
    ? 'too-large'
    : FlattenMap(json as SourceMapInput)
}

/** Counts them before they are read, and drops the sources, which nobody needs here. */
function countSegments(json: MapJson, depth: number): number {
  if (depth > MAX_MAP_DEPTH) throw new TypeError('sections: too deep')
  delete json.sourcesContent
  const inner = (json.sections ?? []).map(({ map }) => (map ? countSegments(map, depth + 1) : 0))
  return inner.reduce((sum, one) => sum + one, countIn(json.mappings))
}

function countIn(mappings: unknown): number {
  if (typeof mappings !== 'string') return 0
  let count = 1
  for (let i = 0; i < mappings.length; i++) {
    const code = mappings.charCodeAt(i)
    if (code === COMMA || code === SEMICOLON) count += 1
  }
  return count
}

const COMMA = 0x2c
const SEMICOLON = 0x3b

/** Columns of stacks begin at 1, those of maps at 0. */
function findPlace(map: TraceMap, { line, column }: Place): FoundPlace {
  const found = originalPositionFor(map, { line, column: Math.max(0, column - 1) })
  if (found.source === null || found.line === null) return undefined
  return {
    source: toSourceName(found.source),
    line: found.line,
    column: found.column + 1,
    ...(found.name ? { name: toShort(found.name) } : {}),
  }
}

/** `src/cart.ts` for `webpack://shop/./src/cart.ts?1a2b` and `../../src/cart.ts`. */
function toSourceName(source: string): string {
  const name = source
    .replace(/^[a-z][\w+.-]*:\/\/[^/]*\//i, '')
    .replace(/^(?:\.{0,2}\/)+/, '')
    .replace(/\?[\w-]*$/, '')
  return toShort(name || source)
}

function toShort(text: string): string {
  return toHarmless(text.slice(0, MAX_NAME_CHARACTERS))
}

function toFrame({ raw }: Frame, why: Unresolved): ErrorFrame {
  return { raw, why }
}

function toPlaced({ raw }: Frame, place: FoundPlace): ErrorFrame {
  return place ? { raw, ...place } : { raw, why: 'not-mapped' }
}
