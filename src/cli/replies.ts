// How the control of a Holo is, as far as commands read it.

import * as z from 'zod'

export const controlReply = z.object({
  revision: z.number(),
  published: z.number(),
  publishError: z.string().optional(),
  externalProblem: z.string().optional(),
  overwritten: z.number(),
  /** Not told by a Holo that is older than this command. */
  fill: z.array(z.object({ part: z.string(), used: z.number(), limit: z.number() })).optional(),
})

export const healthReply = z.object({ status: z.string(), control: controlReply.optional() })
