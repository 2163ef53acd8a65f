// The mark of a document that the validator has accepted. An isolate that gets the document together with the mark of
// its own validator compiles it without validating it again: loading the validator takes longer than all
// else that a new isolate does.

import { DOCUMENT_FORM } from '../document/form.ts'

/** Which validator has accepted a document, and which text that was. */
export type CheckedMark = {
  readonly form: string
  /** SHA-256 of the text's bytes, 64 lower-case hex digits. */
  readonly digest: string
}

/** The validator of this Holo, with its settings. */
export function toCheckedForm(allowInsecure: boolean): string {
  return allowInsecure ? `${DOCUMENT_FORM} insecure` : DOCUMENT_FORM
}

/** A mark that came from elsewhere; `undefined` if it is none. */
export function readCheckedMark(value: unknown): CheckedMark | undefined {
  const { form, digest } = (value ?? {}) as Partial<Record<keyof CheckedMark, unknown>>
  return typeof form === 'string' && typeof digest === 'string' ? { form, digest } : undefined
}
