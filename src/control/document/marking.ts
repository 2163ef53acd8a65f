// Marks the newest document as accepted by the validator of this Holo, so that isolates need not validate it again.

import { parseAssignments } from '../../document/parse.ts'
import { type CheckedMark, toCheckedForm } from '../../loading/checked.ts'
import type { Head } from './history.ts'

export class Marking {
  readonly #allowInsecure: boolean
  #last: { readonly digest: string; readonly mark: CheckedMark | undefined } | undefined

  constructor(allowInsecure: boolean) {
    this.#allowInsecure = allowInsecure
  }

  /**
   * The mark of a document; `undefined` if the validator does not accept it any more, because an older Holo
   * or other settings accepted it.
   */
  markOf({ digest, text }: Pick<Head, 'digest' | 'text'>): CheckedMark | undefined {
    if (this.#last?.digest !== digest) {
      const parsed = parseAssignments(text, { allowInsecure: this.#allowInsecure })
      const form = toCheckedForm(this.#allowInsecure)
      this.#last = { digest, mark: parsed.ok ? { form, digest } : undefined }
    }
    return this.#last.mark
  }
}
