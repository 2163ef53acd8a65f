// What the control can be asked about the health of services. What it answers is of the shape in
// wire/health.ts.

import type { ServicesHealthReport } from '../../wire/health.ts'
import type { Answer, Caller } from '../caller.ts'

export type HealthCalls = {
  readonly services: (caller: Caller) => Answer<ServicesHealthReport>
}
