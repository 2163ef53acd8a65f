// Reads and writes the shadow of one environment in the document. A soak writes it for each step and puts the former
// one back; what somebody else wrote meanwhile is never overwritten.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { getOwn } from '../../core/own.ts'
import type { ShadowDocument } from '../../document/shadow.ts'
import { committedAsRead } from '../../wire/changes.ts'
import { documentAsRead } from '../../wire/history.ts'
import type { Api } from '../api.ts'
import { CliFailure, EXIT } from '../failure.ts'

/** Whose requests are copied to whom. */
export type SoakPair = Readonly<Record<'from' | 'base' | 'to' | 'shadow', string>>

/** How many times a write is tried again when somebody changed something else in the document at the same time. */
const MAX_WRITES = 5

/** Somebody else has changed the shadow, or one of the two versions. */
export class ChangedMeanwhile extends Error {}

/** Asks whether the token may change the document, by a dry run that changes nothing. @throws CliFailure if not. */
export async function askForPermission(api: Api): Promise<void> {
  const json = await api.ask(documentAsRead, 'GET', '/assignments')
  const query = { dryRun: 'true' }
  await api.ask(committedAsRead, 'PUT', '/assignments', {
    ...{ ifRevision: json.revision, json, query },
  })
}

type Environments = Readonly<Record<string, { version: string; shadow?: ShadowDocument }>>

export class ShadowFields {
  readonly #pair: SoakPair
  /** The texts of the shadow that may stand in the document now: a write whose reply was lost may have been made. */
  #expected: readonly string[]

  constructor(pair: SoakPair, former: ShadowDocument) {
    this.#pair = pair
    this.#expected = [toCanonicalJson(former)]
  }

  /**
   * Writes the shadow, on top of whatever else has changed.
   *
   * @throws ChangedMeanwhile if the shadow is not the one that was written before, or a version is another one.
   */
  async write(api: Api, shadow: ShadowDocument, reason: string): Promise<void> {
    const text = toCanonicalJson(shadow)
    for (let tries = 1; ; tries++) {
      const { revision, environments, ...rest } = await api.ask(
        documentAsRead,
        'GET',
        '/assignments',
      )
      const known = environments as Environments
      const { from, base, to, shadow: other } = this.#pair
      const own = getOwn(known, from)
      if (own?.version !== base || getOwn(known, to)?.version !== other) {
        throw new ChangedMeanwhile(`${from} or ${to} has another version`)
      }
      const present = own.shadow === undefined ? '' : toCanonicalJson(own.shadow)
      if (!this.#expected.includes(present)) {
        throw new ChangedMeanwhile(`somebody else changed the shadow of ${from}`)
      }
      this.#expected = [...new Set([present, text])]
      const json = {
        ...rest,
        revision,
        environments: { ...known, [from]: { ...own, shadow } },
      }
      try {
        const query = { reason }
        await api.ask(committedAsRead, 'PUT', '/assignments', { ifRevision: revision, json, query })
        this.#expected = [text]
        return
      } catch (cause) {
        const isStale = cause instanceof CliFailure && cause.exitCode === EXIT.stale
        if (!isStale || tries >= MAX_WRITES) throw cause
      }
    }
  }
}
