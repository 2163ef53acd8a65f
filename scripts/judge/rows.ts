// Every row of the simulation, in the order in which docs/judging.md shows them.

import { ATTACK_ROWS } from './attack-rows.ts'
import { CALM_ROWS } from './calm-rows.ts'
import { CHANGE_ROWS } from './change-rows.ts'
import { NEVER_ROW } from './never.ts'
import { PROPERTY_ROWS } from './property-rows.ts'
import type { Row } from './row.ts'
import { SAMPLE_ROWS } from './sample-rows.ts'
import { SEGMENT_ROWS } from './segment-rows.ts'
import { SIGHT_ROWS } from './sight-rows.ts'
import { SPEED_ROWS } from './speed-rows.ts'

/** Worlds in which the judge before this one was wrong. */
export const OLD_ROWS: readonly Row[] = [...SIGHT_ROWS, ...CALM_ROWS, ...SPEED_ROWS, ...ATTACK_ROWS]

export const ROWS: readonly Row[] = [
  ...PROPERTY_ROWS,
  ...SEGMENT_ROWS,
  ...CHANGE_ROWS,
  ...SAMPLE_ROWS,
  NEVER_ROW,
]
