// Who could see each version, as the control writes it into the document and reads it back: what opens
// a version, what closes it, and who is left. Pure. What `open` means is decided in document/open.ts.

import { getOwn } from '../../core/own.ts'
import {
  listVisited,
  type OpeningFields,
  type Openness,
  readOpenness,
  type Viewers,
} from '../../document/open.ts'
import type { AssignmentsDocument } from '../../document/schema.ts'

type Versions = AssignmentsDocument['versions']
type Version = Versions[string]

/**
 * The document with `open` of each version as it is from now on: what was written down, without
 * environments that are gone or restricted, and with those in which somebody can see it now.
 */
export function markOpen<D extends OpeningFields>(document: D): D {
  const openness = readOpenness(document)
  const versions = Object.fromEntries(
    Object.entries(document.versions).map(([id, version]) => [
      id,
      withOpen(version, toMark(openness.get(id))),
    ]),
  )
  return { ...document, versions }
}

/** An unknown past is given up for a known one only where visitors have the version now. */
function toMark(openness: Openness | undefined): Version['open'] {
  if (!openness) return undefined
  const { openIn, isOpenAnywhere } = openness
  if (isOpenAnywhere && ![...openIn.values()].includes('bucket')) return true
  return openIn.size > 0 ? Object.fromEntries(openIn) : undefined
}

function withOpen(version: Version, open: Version['open']): Version {
  if (open !== undefined) return { ...version, open }
  const { open: _, ...closed } = version
  return closed
}

/**
 * The versions without the mark `true` of one: whoever closes the environment that points at it wants
 * it out of reach, and nobody knows of another environment that opened it.
 */
export function closeUnknown(versions: Versions, id: string): Versions {
  const version = getOwn(versions, id)
  if (version?.open !== true) return versions
  return { ...versions, [id]: withOpen(version, undefined) }
}

/**
 * A draft in which a preview that begins to show a version takes nothing from the site's visitors. The mark
 * `true` counts for nothing where only previews show a version, because an older Holo gave it to previews
 * too; here it is known to be from before the preview, and is spelt out: seen wherever visitors come.
 */
export function keepUnknown<D extends Pick<OpeningFields, 'environments' | 'versions'>>(
  draft: D,
  before: OpeningFields,
): D {
  const names = listVisited(draft.environments)
  if (names.length === 0) return draft
  const open = Object.fromEntries(names.map((name) => [name, 'bucket' as const]))
  const isShown = ({ environments }: typeof draft | typeof before, name: string, id: string) => {
    const environment = getOwn(environments, name)
    return environment?.version === id && (environment.hosts?.length ?? 0) > 0
  }
  const begins = (id: string) =>
    Object.keys(draft.environments).some(
      (name) => isShown(draft, name, id) && !isShown(before, name, id),
    )
  const versions = Object.fromEntries(
    Object.entries(draft.versions).map(([id, version]) => {
      const isUnknown = version.open === true && getOwn(before.versions, id)?.open === true
      return [id, isUnknown && begins(id) ? withOpen(version, open) : version]
    }),
  )
  return { ...draft, versions }
}

/**
 * A document that somebody wrote as a whole, with what is known of who had its versions: people write
 * documents without these marks. `"open": false` takes one away.
 */
export function withKnownMarks<D extends OpeningFields>(
  document: D,
  before: OpeningFields | undefined,
): D {
  if (!before) return document
  const marked = markOpen(before)
  const versions = Object.fromEntries(
    Object.entries(document.versions).map(([id, version]) => {
      const was = getOwn(marked.versions, id)
      const isSame = was?.manifest === version.manifest
      if (!isSame || was?.open === undefined || version.open === false) return [id, version]
      // A `true` that was there before says nothing anew.
      const isLeft = version.open === true && getOwn(before.versions, id)?.open === true
      return [id, { ...version, open: isLeft ? was.open : join(was.open, version.open) }]
    }),
  )
  return markOpen(keepUnknown({ ...document, versions }, marked))
}

/** What is written stands; what it does not mention is added. */
function join(known: Version['open'], written: Version['open']): Version['open'] {
  if (written === true || known === undefined) return written
  if (known === true || typeof known !== 'object' || typeof written !== 'object') return known
  return { ...known, ...written }
}

/**
 * The versions of a document that goes back to earlier `environments`: the visitors of one that is gone
 * or restricted there belong to `heir` from now on, and their tabs stay whole. Previews have no heir.
 */
export function bequeath(
  versions: Versions,
  environments: AssignmentsDocument['environments'],
  heir: string,
): Versions {
  const isLost = (name: string) => {
    const environment = getOwn(environments, name)
    return !environment || environment.restricted === true
  }
  return Object.fromEntries(
    Object.entries(versions).map(([id, version]) => {
      if (typeof version.open !== 'object') return [id, version]
      const lost = Object.entries(version.open).filter(([name]) => isLost(name))
      const by = (['bucket', 'rule'] as const).find((one) => lost.some((mark) => mark[1] === one))
      if (!by || getOwn(version.open, heir) === 'bucket') return [id, version]
      return [id, { ...version, open: { ...version.open, [heir]: by } }]
    }),
  )
}

/** Versions that fewer environments open than before, and who is left to see each. */
export function findClosed(before: OpeningFields, after: OpeningFields): readonly Viewers[] {
  const was = readOpenness(before)
  const is = readOpenness(after)
  return [...was].flatMap(([version, old]) => {
    const now = is.get(version)
    const isLess =
      [...old.openIn.keys()].some((name) => !now?.openIn.has(name)) ||
      (old.isOpenAnywhere && !now?.isOpenAnywhere && !now?.openIn.size)
    if (!isLess) return []
    return { version, seenIn: toSeenIn(version, now, after) }
  })
}

function toSeenIn(
  version: string,
  now: Openness | undefined,
  { environments }: OpeningFields,
): Viewers['seenIn'] {
  const granted = Object.entries(environments)
    .filter(([, pointer]) => pointer.restricted && pointer.version === version)
    .map(([environment]) => ({ environment, by: 'grant' as const }))
  return [
    ...[...(now?.openIn ?? [])].map(([environment, by]) => ({ environment, by })),
    ...(now?.isOpenAnywhere ? [{ environment: undefined, by: 'bucket' as const }] : []),
    ...granted,
  ]
}
