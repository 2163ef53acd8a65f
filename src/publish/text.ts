// Whether bytes are text that people can read: UTF-8 without control characters.

/** As much as tells; a mistake costs a wrong `text/plain`. */
const MAX_LOOKED_AT_BYTES = 64 * 1024
/** All but tab, line feed, form feed, carriage return and escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROL = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]/

/** Whether the beginning of `content` is text. Nothing is none. */
export function isUtf8Text(content: Uint8Array): boolean {
  if (content.length === 0) return false
  const isCut = content.length > MAX_LOOKED_AT_BYTES
  try {
    // `stream` lets the last character be cut in two.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      content.subarray(0, MAX_LOOKED_AT_BYTES),
      { stream: isCut },
    )
    return !CONTROL.test(text)
  } catch {
    return false
  }
}
