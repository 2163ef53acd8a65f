// The document as the control writes it: one spelling, traffic in ranges, and the audit log's head in
// it. What a command makes of its content is apply.ts' affair.

import type { AssignmentsDocument } from '../assignments/schema.ts'
import { type Traffic, toRanges, type Weights } from '../core/traffic.ts'

/** What a document says, without which revision it is and who wrote it. */
export type Content = Omit<AssignmentsDocument, 'revision' | 'audit' | 'traffic'> & {
  readonly traffic: Traffic
}

/** How a document is spelt in the history and in KV. */
export function serialise(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The document of a revision without its `audit` field: what the digests of the audit log cover. */
export function toBare(content: Content, revision: number): object {
  const { schema, ...rest } = content
  return { schema, revision, ...rest }
}

/**
 * What a valid document says, with buckets as ranges (percentages as the edge reads them). Keys stay in
 * their order, and `open` as it is: a revision of the history reads as it was committed.
 */
export function toContent(document: Omit<AssignmentsDocument, 'revision' | 'audit'>): Content {
  const { revision: _, audit: __, ...said } = document as AssignmentsDocument
  return { ...said, traffic: toTraffic(said.traffic) }
}

export function isSameContent(a: Content, b: Content): boolean {
  return JSON.stringify(toBare(a, 1)) === JSON.stringify(toBare(b, 1))
}

function toTraffic(traffic: AssignmentsDocument['traffic']): Traffic {
  const isWeights = Object.values(traffic).every((share) => typeof share === 'number')
  return isWeights ? toRanges(traffic as Weights) : (traffic as Traffic)
}
