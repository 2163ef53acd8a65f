// The document as the control writes it: formatted in one way, with traffic as ranges of buckets. Also
// counts what a change of traffic moves. apply.ts changes the document.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { countBuckets, type Traffic, toOwners, toRanges, type Weights } from '../../core/traffic.ts'
import { type AssignmentsDocument, MAX_WRITTEN_REVISION } from '../../document/schema.ts'
import type { BucketMove } from '../../wire/changes.ts'

/** Larger documents are written without indentation. */
export const MAX_INDENTED_BYTES = 128 * 1024

/** A document without its revision and its audit hash. */
export type Content = Omit<AssignmentsDocument, 'revision' | 'reserve' | 'audit' | 'traffic'> & {
  readonly traffic: Traffic
}

/** The indented text of a document. The digests of form 1 of the audit log are made from it. */
export function serialise(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/**
 * The text of a document for the history and KV. A small one is indented, for people; in a large one
 * the room is left to versions.
 */
export function toText(document: object): string {
  const text = serialise(document)
  return countBytes(text) > MAX_INDENTED_BYTES ? `${JSON.stringify(document)}\n` : text
}

/**
 * Whether `text` is exactly what the control writes for this document, or what an older Holo wrote
 * (indented).
 */
export function isOwnText(document: object, text: string): boolean {
  return text === toText(document) || text === serialise(document)
}

export function countBytes(text: string): number {
  return encoder.encode(text).length
}

const encoder = new TextEncoder()

/** The document of a revision without its `audit` field. The digests of the audit log cover this. */
export function toBare(content: Content, revision: number): object {
  const { schema, ...rest } = content
  const reserve = revision > MAX_WRITTEN_REVISION ? { reserve: true } : {}
  return { schema, revision, ...reserve, ...rest }
}

/**
 * The content of a valid document, with percentages turned into ranges as the edge does it. Keys keep
 * their order and `open` its value, so that a revision from the history reads as it was committed.
 */
export function toContent(document: Omit<AssignmentsDocument, 'revision' | 'audit'>): Content {
  const { revision: _, reserve: __, audit: ___, ...said } = document as AssignmentsDocument
  return { ...said, traffic: toTraffic(said.traffic) }
}

/**
 * Whether two contents mean the same. The order of environments, traffic and versions matters (the
 * first public environment with traffic is the base). The order of other keys does not.
 */
export function isSameContent(a: Content, b: Content): boolean {
  return toOrder(a) === toOrder(b) && toCanonicalJson(a) === toCanonicalJson(b)
}

function toOrder({ environments, traffic, versions }: Content): string {
  return JSON.stringify([environments, traffic, versions].map(Object.keys))
}

/**
 * The first public environment with traffic, found as the edge does it (`document/compile.ts`). It is
 * the base if a command names none. A preview at 0 % that is written before it is skipped.
 */
export function findFirstServed(
  { environments, traffic }: Pick<Content, 'environments' | 'traffic'>,
  except?: string,
): string | undefined {
  return Object.entries(environments).find(
    ([name, { restricted }]) =>
      !restricted &&
      name !== except &&
      Object.hasOwn(traffic, name) &&
      countBuckets(traffic[name]) > 0,
  )?.[0]
}

function toTraffic(traffic: AssignmentsDocument['traffic']): Traffic {
  const isWeights = Object.values(traffic).every((share) => typeof share === 'number')
  return isWeights ? toRanges(traffic as Weights) : (traffic as Traffic)
}

/**
 * How many buckets a change moves, and between which environments: one entry for each pair, ordered by the
 * lowest bucket that moves between them.
 */
export function countMoves(before: Traffic, after: Traffic): readonly BucketMove[] {
  const owners = toOwners(before)
  const moves = new Map<string, { from: string; to: string; buckets: number }>()
  for (const [bucket, to] of toOwners(after).entries()) {
    const from = owners[bucket]
    if (from === undefined || to === undefined || from === to) continue
    const key = `${from} ${to}`
    const move = moves.get(key) ?? { from, to, buckets: 0 }
    move.buckets++
    moves.set(key, move)
  }
  return [...moves.values()]
}
