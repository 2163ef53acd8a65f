// Groups of errors that browsers have reported to this isolate and that no batch has taken yet. Memory is
// bounded: strangers who send errors without a proof have a part of the room only, and so has one client.

import { type ErrorGroup, MAX_BATCH_ERROR_GROUPS } from '../core/browser/error-groups.ts'

/** Groups that only reports without a proof have made. */
export const MAX_UNPROVEN_GROUPS = 15

/** New groups of one client in one batch. */
export const MAX_GROUPS_OF_CLIENT = 10

export class PendingErrors {
  readonly #groups = new Map<string, ErrorGroup>()
  readonly #ofClient = new Map<string, number>()
  #unproven = 0
  #lost = 0

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#lost === 0
  }

  /** @param client who sent it, in any form. */
  add(group: ErrorGroup, client: string, isProven: boolean): void {
    const { environment, version, kind, message, frame, count } = group
    const key = [environment, version, kind, message, frame].join('\n')
    const known = this.#groups.get(key)
    if (known) {
      this.#groups.set(key, { ...known, count: known.count + count })
      return
    }
    const own = this.#ofClient.get(client) ?? 0
    const isFull =
      this.#groups.size >= MAX_BATCH_ERROR_GROUPS ||
      own >= MAX_GROUPS_OF_CLIENT ||
      (!isProven && this.#unproven >= MAX_UNPROVEN_GROUPS)
    if (isFull) {
      this.#lost += count
      return
    }
    this.#groups.set(key, group)
    this.#ofClient.set(client, own + 1)
    if (!isProven) this.#unproven += 1
  }

  /** Counts errors that are lost for another reason. */
  lose(count: number): void {
    this.#lost += count
  }

  /** Hands everything out and starts empty. */
  take(): { readonly errorGroups?: readonly ErrorGroup[]; readonly lostErrors?: number } {
    const errorGroups = [...this.#groups.values()]
    const lostErrors = this.#lost
    this.#groups.clear()
    this.#ofClient.clear()
    this.#unproven = 0
    this.#lost = 0
    return {
      ...(errorGroups.length === 0 ? {} : { errorGroups }),
      ...(lostErrors === 0 ? {} : { lostErrors }),
    }
  }
}
