// What is known of a visitor who was there, in 32 bits: where it came from and how its version was
// chosen. Two marks of one visitor merge into one, whatever their order and however often.

import { MAX_OPERATORS } from './limits.ts'

/** The visitor's document was decided by its bucket. */
const ASSIGNED = 1
/** A request was decided by the visitor's bucket alone, and not by the pin of a tab. */
const UNPINNED = 2
/** The network operator takes the 6 bits above the flags. */
const OPERATOR_SHIFT = 2
const OPERATOR_MASK = MAX_OPERATORS - 1
/** The hash of the client takes the upper 24 bits. */
const CLIENT_SHIFT = 8

export type Marks = number

export type Mark = {
  /** The hash of the client's address: see outcomes.ts. 0 if it has no meaningful address. */
  readonly client: number
  /** The hash of the operator of its network, below `MAX_OPERATORS`: see outcomes.ts. 0 if unknown. */
  readonly operator?: number
  readonly assigned?: boolean
  readonly unpinned?: boolean
}

export function toMarks({ client, operator = 0, assigned, unpinned }: Mark): Marks {
  const flags = (assigned ? ASSIGNED : 0) | (unpinned ? UNPINNED : 0)
  return ((client << CLIENT_SHIFT) | (operator << OPERATOR_SHIFT) | flags) >>> 0
}

export function readMarks(marks: Marks): Required<Mark> {
  return {
    client: marks >>> CLIENT_SHIFT,
    operator: (marks >>> OPERATOR_SHIFT) & OPERATOR_MASK,
    assigned: (marks & ASSIGNED) !== 0,
    unpinned: (marks & UNPINNED) !== 0,
  }
}

/** What both say together: of two addresses the one with the smaller hash, and its operator. */
export function mergeMarks(one: Marks, other: Marks): Marks {
  const from = Math.min(one >>> OPERATOR_SHIFT, other >>> OPERATOR_SHIFT)
  const flags = (one | other) & (ASSIGNED | UNPINNED)
  return ((from << OPERATOR_SHIFT) | flags) >>> 0
}
