// The events of a Holo, with one schema for each kind. The control writes them to its outbox, and the API
// returns them in pages. A reader shows an event of an unknown kind with all its fields.

import * as z from 'zod'
import { pageQuery } from './parts.ts'
import { forReaders } from './tolerant.ts'

const time = z.int().describe('Milliseconds since the epoch')
const percent = z.number().describe('Of the visitors of both environments')
const actor = z.string().describe('A name of a token, an e-mail address, or "control"')

const rollout = {
  rollout: z.int().describe('The number of the rollout'),
  environment: z.string().describe('The environment that gets the version'),
  base: z.string().describe('The environment it is compared with'),
  flag: z
    .string()
    .optional()
    .describe('Only of the rollout of a flag: its variants stand where versions do'),
  version: z.string(),
  baseVersion: z.string(),
  weight: percent,
  phase: z
    .enum(['smoke', 'step', 'bake', 'promoted', 'rolledBack'])
    .optional()
    .describe('Where it is afterwards; left out of events of an older Holo'),
  step: z
    .object({ number: z.int().describe('From 1'), of: z.int().describe('How many the plan has') })
    .optional()
    .describe('In which step of its plan it is afterwards; left out in the bake and at the end'),
  by: actor,
  reason: z.string(),
}

const token = { token: z.string().describe('The id of the token'), name: z.string(), by: actor }

const preview = {
  preview: z.string().describe('The id of the link'),
  versions: z.array(z.string()),
  environments: z.array(z.string()),
  expiresAt: time,
  by: actor,
}

const webhook = {
  webhook: z.string().describe('The name of the webhook'),
  origin: z.string().describe('Of its address'),
  by: actor,
}

/** The fields of each kind of event, beside `id`, `at` and `kind`. */
export const EVENT_FIELDS = {
  /** The document has another revision. */
  'revision.committed': {
    revision: z.int(),
    digest: z.string().describe('SHA-256 of the text of the document, in hex'),
    action: z.string().describe('As in the audit log: "shift", "rollout-step" and so on'),
    by: actor,
    reason: z.string().optional(),
  },
  /**
   * An environment points at another version, for whatever reason. Comes after `revision.committed`, and not
   * for the first document.
   */
  'environment.changed': {
    environment: z.string(),
    version: z.string().optional().describe('Left out if the environment was removed'),
    before: z.string().optional().describe('Left out if the environment is new'),
    revision: z.int(),
    action: z.string().describe('As in the audit log'),
    by: actor,
  },
  'rollout.started': rollout,
  /** It went to another step, forward or back. */
  'rollout.stepped': {
    ...rollout,
    from: z.string().describe('For people, as in step 1 of 3 (1 %)'),
    to: z.string(),
  },
  'rollout.paused': {
    ...rollout,
    cause: z
      .enum(['command', 'traffic'])
      .optional()
      .describe('`traffic`: somebody changed the traffic of its environments by hand'),
  },
  'rollout.resumed': rollout,
  /** The maximum time of its step is over. It continues when a person says so or there is enough data. */
  'rollout.waiting': rollout,
  /** It stands longer than its plan lets expect, waits for a person, or cannot be watched. */
  'rollout.stalled': rollout,
  /** A release was refused because this rollout runs, and waits behind it. */
  'rollout.blocking': {
    ...rollout,
    waiting: z.array(z.string()).describe('All versions that wait behind it'),
  },
  /** Something noteworthy that does not change its step, such as an implausible sample ratio. */
  'rollout.noticed': rollout,
  'rollout.ended': {
    ...rollout,
    outcome: z.enum(['promoted', 'rolledBack']),
    waiting: z
      .array(z.string())
      .optional()
      .describe('Versions whose rollout was refused while it ran; left out if there are none'),
  },
  /** A service with a probe is in another state than before. */
  'service.health': {
    environment: z.string(),
    version: z.string(),
    prefix: z.string(),
    before: z.string().describe('Unknown, Online, Healthy, Degraded or Down'),
    state: z.string(),
    why: z.string(),
  },
  /**
   * Nothing leads to the version, and nobody has asked it for an hour: its backend may be switched off. Comes
   * again if the version was used anew.
   */
  'version.drained': {
    version: z.string(),
    services: z.array(z.string()).describe('The prefixes of its services'),
    lastRequestAt: time.optional().describe('Left out if no request is known'),
    why: z.string(),
  },
  /** KV did not take the newest revision; the control tries again. */
  'publication.failed': {
    revision: z.int(),
    message: z.string(),
  },
  /** KV has the newest revision after attempts that failed. */
  'publication.recovered': { revision: z.int() },
  /** A check has found manifests or blobs that are not in the store as they should be. */
  'files.lost': {
    files: z.int().describe('How many that were not known before'),
    versions: z.array(z.string()).describe('Those that need them'),
    example: z.string().describe('One of them, and what is wrong with it'),
  },
  /** Files that were lost or damaged are whole again. */
  'files.healed': { files: z.int(), left: z.int().describe('How many are still lost or damaged') },
  /** From now on no release goes forward. A new freeze replaces the one before. */
  'freeze.begun': { by: actor, reason: z.string(), until: time.optional() },
  'freeze.ended': { by: actor, reason: z.string().optional() },
  /** Other windows from now on. */
  'windows.set': {
    by: actor,
    windows: z
      .string()
      .optional()
      .describe('In words; absent if releases may go forward at any time'),
    reason: z.string().optional(),
  },
  'token.created': { ...token, scopes: z.array(z.string()) },
  'token.revoked': token,
  /** A signed link to a preview was made. The event does not contain it. */
  'preview.created': preview,
  'preview.revoked': preview,
  'webhook.added': webhook,
  'webhook.removed': webhook,
  /** Its receiver has taken nothing for days, or said that it is gone. Nothing more is sent to it. */
  'webhook.disabled': { ...webhook, why: z.string() },
} as const satisfies Readonly<Record<string, z.ZodRawShape>>

export type EventKind = keyof typeof EVENT_FIELDS

type Fields<Kind extends EventKind> = z.infer<z.ZodObject<(typeof EVENT_FIELDS)[Kind]>>

/** An event before it gets its id and time. */
export type NewEvent = { [Kind in EventKind]: { readonly kind: Kind } & Fields<Kind> }[EventKind]

const envelope = {
  id: z.int().min(1).describe('Its place among all events: each id is above the one before'),
  at: time,
}

const kinds = Object.entries(EVENT_FIELDS).map(([kind, fields]) =>
  z.object({ ...envelope, kind: z.literal(kind), ...fields }),
)

/** Every kind that this version knows, with all its fields: what the API documents. */
export const event = z.union(kinds)

/** The fields that every event has, of any kind and any version of Holo. */
export const anyEvent = z.looseObject({ ...envelope, kind: z.string() })

/** An event with its id and time. */
export type HoloEvent = { readonly id: number; readonly at: number } & NewEvent

const after = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'a whole number from 0')
  .transform(Number)
  .optional()
  .describe('The id of the last event that was read; the newest where it is left out')

export const eventsQuery = z.strictObject({ after, limit: pageQuery.shape.limit })

export const eventsReply = z.object({
  events: z.array(event).describe('Oldest first'),
  next: z.int().describe('What `after` has to be to read on'),
  missed: z.int().describe('How many events after `after` are no longer kept'),
})

/** Accepts events of unknown kinds. */
export const eventsAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ ...eventsReply.shape, events: z.array(anyEvent) }),
)

/** What `eventsReply` holds, as the control makes it. */
export type EventPage = {
  /** Oldest first. */
  readonly events: readonly HoloEvent[]
  /** Where the next page begins. */
  readonly next: number
  /** Events after the position that are no longer kept. */
  readonly missed: number
}
