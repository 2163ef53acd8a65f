// The `open` marks of versions, which say in which environments visitors could see them: which changes
// set a mark, which remove it, and who can still see a version. Pure. document/open.ts says what a mark
// means.

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
 * Updates the `open` mark of each version: removes environments that are gone or restricted, and adds
 * those in which visitors can see the version now.
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

/**
 * The mark `true` (seen, but unknown where) is replaced by a list only if visitors have the version by
 * bucket.
 */
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
 * Removes the mark `true` of one version. Whoever closes the environment that points at the version
 * wants it out of reach, and no other environment is known that opened it.
 */
export function closeUnknown(versions: Versions, id: string): Versions {
  const version = getOwn(versions, id)
  if (version?.open !== true) return versions
  return { ...versions, [id]: withOpen(version, undefined) }
}

/**
 * Keeps old tabs whole when a preview begins to show a version that has the mark `true`. That mark does
 * not count for a version that only previews show, because an older Holo also gave it to previews. Here
 * the mark is older than the preview, so it is replaced by the list of all environments that visitors
 * come to.
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
 * Adds the known `open` marks to a document that a person wrote as a whole, because people leave them
 * out. `"open": false` removes a mark.
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
      // A `true` that the document had before is not a new statement of the author.
      const isLeft = version.open === true && getOwn(before.versions, id)?.open === true
      return [id, { ...version, open: isLeft ? was.open : join(was.open, version.open) }]
    }),
  )
  return markOpen(keepUnknown({ ...document, versions }, marked))
}

/**
 * Joins two marks: what the author wrote wins, and known environments that it does not mention are
 * added.
 */
function join(known: Version['open'], written: Version['open']): Version['open'] {
  if (written === true || known === undefined) return written
  if (known === true || typeof known !== 'object' || typeof written !== 'object') return known
  return { ...known, ...written }
}

/**
 * Changes the marks for a rollback to earlier `environments`. If an environment is missing or
 * restricted there, its visitors go to `heir`, which is added to the marks of their versions, so that
 * their tabs stay whole. The marks of previews are not passed on.
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

/** Versions that visitors can see in fewer environments than before, and where each can still be seen. */
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
