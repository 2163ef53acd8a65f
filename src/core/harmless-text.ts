// Text that people or other machines chose, made fit to be shown beside text of ours: on a terminal, in a
// log, in a list. What is shown where is decided elsewhere.

/**
 * What steers a terminal or deceives the eye: control characters, ends of lines, halves of surrogate pairs,
 * format characters (marks of direction, zero-width ones), and others that are not shown. The selectors that
 * make a sign an emoji stay.
 */
const STEERING =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u
const ALL_STEERING = new RegExp(STEERING, 'gu')

/** Whether a text is one line of signs that are seen as they are. */
export function isHarmless(text: string): boolean {
  return !STEERING.test(text)
}

/** The text on one line, with U+FFFD in the place of every sign that is not seen as it is. */
export function toHarmless(text: string): string {
  return text.replace(ALL_STEERING, '\ufffd')
}

/** JSON of the same value in which such signs are escapes, but for the ends of lines between values. */
export function toHarmlessJson(json: string): string {
  return json.replace(ALL_STEERING, (sign) =>
    sign === '\n'
      ? sign
      : [...Array(sign.length).keys()]
          .map((i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}
