// Long work that each owner gets one at a time. Who asks again before the answer is refused, so that nobody
// can keep the control or an isolate busy for the others.

import { err, ok, type Result } from '../core/result.ts'

export class OneAtATime {
  readonly #running = new Set<string>()

  /** `work`, unless the owner's last one under this name has not ended. */
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

/** Whose work it is: the token's; people who come through Access have none. */
export function toOwner({
  token,
  actor,
}: {
  readonly token: string | undefined
  readonly actor: string
}): string {
  return token ?? actor
}
