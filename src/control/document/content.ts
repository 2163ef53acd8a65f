// The document as the control writes it: in one spelling, with traffic in ranges and the head of the audit
// log. apply.ts decides what a command makes of it.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { countBuckets, type Traffic, toRanges, type Weights } from '../../core/traffic.ts'
import { type AssignmentsDocument, MAX_WRITTEN_REVISION } from '../../document/schema.ts'

/** A document is indented for people as long as it is no larger than this with the indentation. */
const MAX_INDENTED_BYTES = 128 * 1024

/** What a document says, without which revision it is and who wrote it. */
export type Content = Omit<AssignmentsDocument, 'revision' | 'reserve' | 'audit' | 'traffic'> & {
  readonly traffic: Traffic
}

/** The indented text of a document: what the digests of the audit log are made from. */
export function serialise(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/**
 * The text of a document as the history and KV get it: indented for people as long as it is small, and
 * without indentation where that would take the room of versions.
 */
export function toText(document: object): string {
  const text = serialise(document)
  return countBytes(text) > MAX_INDENTED_BYTES ? `${JSON.stringify(document)}\n` : text
}

/** Whether `text` is this document as the control writes it, or wrote it when all were indented. */
export function isOwnText(document: object, text: string): boolean {
  return text === toText(document) || text === serialise(document)
}

export function countBytes(text: string): number {
  return encoder.encode(text).length
}

const encoder = new TextEncoder()

/** The document of a revision without its `audit` field: what the digests of the audit log cover. */
export function toBare(content: Content, revision: number): object {
  const { schema, ...rest } = content
  const reserve = revision > MAX_WRITTEN_REVISION ? { reserve: true } : {}
  return { schema, revision, ...reserve, ...rest }
}

/**
 * What a valid document says, with buckets as ranges (percentages as the edge reads them). Keys stay in
 * their order, and `open` as it is: a revision of the history reads as it was committed.
 */
export function toContent(document: Omit<AssignmentsDocument, 'revision' | 'audit'>): Content {
  const { revision: _, reserve: __, audit: ___, ...said } = document as AssignmentsDocument
  return { ...said, traffic: toTraffic(said.traffic) }
}

/**
 * Whether two contents say the same. The order of environments, traffic and versions says something
 * (the first public one that has traffic is the base); that of any other keys does not.
 */
export function isSameContent(a: Content, b: Content): boolean {
  return toOrder(a) === toOrder(b) && toCanonicalJson(a) === toCanonicalJson(b)
}

function toOrder({ environments, traffic, versions }: Content): string {
  return JSON.stringify([environments, traffic, versions].map(Object.keys))
}

/**
 * The first public environment that has traffic, as the edge finds it (`document/compile.ts`). It is
 * the base where none is named: a preview at 0 % that is written in front of it gives and takes nothing.
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
