// The changes that can be made to the document. What each of them does to a document is decided in
// control/document/apply.ts.

import * as z from 'zod'
import { admission } from '../document/previews.ts'
import { environmentName as environment, versionId as version } from './parts.ts'
import type { Scope } from './scopes.ts'

const revision = z.int().min(1)

export const COMMANDS = {
  /** The document as a whole; its own `revision` is ignored. */
  replace: z.strictObject({
    kind: z.literal('replace'),
    document: z.unknown(),
    /** A changed `salt` gives every visitor another bucket, and is refused without this. */
    allowNewSalt: z.boolean().optional(),
  }),
  /** Creates an environment, or changes the given fields of an existing one. */
  'set-environment': z.strictObject({
    kind: z.literal('set-environment'),
    name: environment,
    version: version.optional(),
    restricted: z.boolean().optional(),
    hosts: z.array(z.string()).max(50).optional(),
    /** Who is admitted to a restricted environment by identity; `null` for nobody. */
    admit: admission.nullable().optional(),
  }),
  /** Removes an environment without traffic that no rule and no fallback names. */
  'remove-environment': z.strictObject({
    kind: z.literal('remove-environment'),
    name: environment,
  }),
  /** Weights in percent. An environment that is not named keeps its weight; `base` takes up the difference. */
  shift: z.strictObject({
    kind: z.literal('shift'),
    weights: z.record(environment, z.number()),
    /** The first public environment that has traffic when left out. */
    base: environment.optional(),
  }),
  /** Exchanges the versions of two environments: blue and green, in one revision. */
  swap: z.strictObject({
    kind: z.literal('swap'),
    environments: z.tuple([environment, environment]),
  }),
  /** Replaces all rules. */
  'set-rules': z.strictObject({
    kind: z.literal('set-rules'),
    rules: z.array(z.unknown()).max(500),
  }),
  /** Sets the given flags and leaves the others, or replaces all. */
  'set-flags': z.strictObject({
    kind: z.literal('set-flags'),
    /** By key; `null` removes a flag. */
    flags: z.record(z.string(), z.unknown()),
    /** Whether flags that are not named are removed. */
    replace: z.boolean().optional(),
    /** Shared parts of targeting; those in use if left out. */
    evaluators: z.record(z.string(), z.unknown()).optional(),
    /** Metadata of all flags; those in use if left out. */
    metadata: z.record(z.string(), z.unknown()).optional(),
  }),
  /** Whether pages get the script that pins each tab: in all environments, or in one. */
  'set-tab-pins': z.strictObject({
    kind: z.literal('set-tab-pins'),
    /** Without it, all environments that have no setting of their own. */
    environment: environment.optional(),
    /** `null` takes the setting away: an environment then follows the general one. */
    on: z.boolean().nullable(),
  }),
  /** Origins and limits of a version's services; prefixes are part of the version and stay. */
  'set-services': z.strictObject({
    kind: z.literal('set-services'),
    version,
    services: z.array(z.unknown()).max(50),
  }),
  /**
   * Commits the content of an earlier revision as a new revision. All versions stay in the document;
   * withdrawn ones stay withdrawn, and those that visitors had by bucket or rule stay open.
   */
  rollback: z.strictObject({ kind: z.literal('rollback'), to: revision }),
  /** Withdraws a version, so that nobody gets it any more; `restore` undoes that. */
  withdraw: z.strictObject({
    kind: z.literal('withdraw'),
    version,
    restore: z.boolean().optional(),
  }),
} as const

export const commandSchema = z.discriminatedUnion('kind', [
  COMMANDS.replace,
  COMMANDS['set-environment'],
  COMMANDS['remove-environment'],
  COMMANDS.shift,
  COMMANDS.swap,
  COMMANDS['set-rules'],
  COMMANDS['set-flags'],
  COMMANDS['set-tab-pins'],
  COMMANDS['set-services'],
  COMMANDS.rollback,
  COMMANDS.withdraw,
])

export type Command = z.infer<typeof commandSchema>

/** The scope that each command needs. The control and the routes both use this table. */
export const SCOPE_OF_COMMAND: Readonly<Record<Command['kind'], Scope>> = {
  replace: 'admin',
  'set-environment': 'shift',
  'remove-environment': 'shift',
  shift: 'shift',
  swap: 'shift',
  'set-rules': 'shift',
  'set-flags': 'shift',
  'set-tab-pins': 'shift',
  'set-services': 'publish',
  rollback: 'shift',
  withdraw: 'shift',
}
