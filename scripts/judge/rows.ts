// Every row of the simulation, in the order in which docs/judging.md shows them.

import { NEVER_ROW } from './never.ts'
import { RATE_ROWS } from './rates.ts'
import type { Row } from './row.ts'
import { SLOWER_ROWS } from './slower.ts'
import { TAB_ROWS } from './tabs.ts'
import { VISITOR_ROWS } from './visitors.ts'

export const ROWS: readonly Row[] = [
  ...RATE_ROWS,
  ...VISITOR_ROWS,
  ...SLOWER_ROWS,
  ...TAB_ROWS,
  NEVER_ROW,
]
