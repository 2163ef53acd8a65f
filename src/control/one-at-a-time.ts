// Slow work that each owner may run once at a time. A second call before the first has ended is
// refused, so that nobody can keep the control or an isolate busy for everybody else.

import { err, ok, type Result } from '../core/result.ts'

export class OneAtATime {
  readonly #running = new Set<string>()

  /** Runs `work`, unless the owner's previous work of this name still runs. */
  async run<T>(name: string, owner: string, work: () => Promise<T>): Promise<Result<T, 'running'>> {
    const key = JSON.stringify([name, owner])
    if (this.#running.has(key)) return err('running')
    this.#running.add(key)
    try {
      return ok(await work())
    } finally {
      this.#running.delete(key)
    }
  }
}

/** The owner of work: the token, or the actor for people who come through Access and have no token. */
export function toOwner({
  token,
  actor,
}: {
  readonly token: string | undefined
  readonly actor: string
}): string {
  return token ?? actor
}
