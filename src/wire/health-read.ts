// The health of the control and of services as the command reads it, tolerantly. It stands apart from
// health.ts so that the Worker does not carry it.

import * as z from 'zod'
import { controlHealth, servicesHealthReply } from './health.ts'
import { toTolerant } from './tolerant.ts'

/** What the command reads of `GET /health`. A Holo that is older than it does not say what fills up. */
export const healthAsRead = z.object({
  control: toTolerant(
    controlHealth
      .pick({ published: true, publishError: true, externalProblem: true, fill: true })
      .partial({ fill: true }),
  ).optional(),
})

export const servicesHealthAsRead = toTolerant(servicesHealthReply.pick({ services: true }))
