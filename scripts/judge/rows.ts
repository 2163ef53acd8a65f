// Every row of the simulation, in the order in which docs/judging.md shows them.

import { ATTACK_ROWS } from './attack-rows.ts'
import { FOUND_ROWS } from './found-rows.ts'
import { NEVER_ROW } from './never.ts'
import { PROPERTY_ROWS } from './property-rows.ts'
import type { Row } from './row.ts'
import { SAMPLE_ROWS } from './sample-rows.ts'
import { SEGMENT_ROWS } from './segment-rows.ts'

/** Worlds in which the judge before this one was wrong. */
export const OLD_ROWS: readonly Row[] = [...FOUND_ROWS, ...ATTACK_ROWS]

export const ROWS: readonly Row[] = [...PROPERTY_ROWS, ...SEGMENT_ROWS, ...SAMPLE_ROWS, NEVER_ROW]
