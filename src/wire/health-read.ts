// The health of the control and of services as the command reads it, tolerantly (see tolerant.ts). This is a
// file of its own so that the bundle of the Worker does not contain it.

import * as z from 'zod'
import { controlHealth, servicesHealthReply } from './health.ts'
import { toTolerant } from './tolerant.ts'

/** What the command reads from `GET /health`. An older Holo does not report `fill`. */
export const healthAsRead = z.object({
  control: toTolerant(
    controlHealth
      .pick({ published: true, publishError: true, externalProblem: true, fill: true })
      .partial({ fill: true }),
  ).optional(),
})

export const servicesHealthAsRead = toTolerant(servicesHealthReply.pick({ services: true }))
