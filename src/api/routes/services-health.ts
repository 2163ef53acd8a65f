// The route of who looks after services: how each is, as the control's probes find it.

import * as z from 'zod'
import { HEALTH_STATES } from '../../core/health/health.ts'
import { ok } from '../../core/result.ts'
import { route, type ScopedRoute } from '../http/route.ts'
import { environmentName, milliseconds, versionId } from '../http/schemas.ts'

const told = {
  state: z.enum(HEALTH_STATES).describe('docs/health.md says what they mean'),
  since: milliseconds.optional(),
  why: z.string(),
}

export const SERVICES_HEALTH_ROUTE: ScopedRoute = route({
  method: 'GET',
  path: '/health/services',
  scope: 'read',
  summary: 'How the services of environments are, since when and why, by the probes of the control',
  reply: z.strictObject({
    environments: z
      .array(z.strictObject({ environment: environmentName, ...told }))
      .describe('Each as its worst service; those without services are not named'),
    services: z.array(
      z.strictObject({
        environment: environmentName,
        version: versionId,
        prefix: z.string(),
        ...told,
        origins: z
          .array(z.strictObject({ origin: z.string(), path: z.string(), ...told }))
          .describe('Empty where no probe is configured'),
      }),
    ),
    down: z.array(z.string()).describe('Origins that isolates are told to ask last'),
  }),
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.services(caller))
    return answer.ok ? ok({ body: answer.value }) : answer
  },
})
