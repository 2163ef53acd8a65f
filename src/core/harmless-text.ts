// Makes text that other people or machines chose safe to show beside our own: on a terminal, in a
// log, in a list.

/**
 * Characters that control a terminal or deceive the eye: control characters, line ends, halves of
 * surrogate pairs, format characters (marks of direction, zero-width ones), and others that are
 * invisible. The selectors that turn a character into an emoji are allowed.
 */
const STEERING =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\ufe00-\ufe0f])\p{Default_Ignorable_Code_Point}/u
const ALL_STEERING = new RegExp(STEERING, 'gu')

/** Whether a text is one line of characters that are all visible as they are. */
export function isHarmless(text: string): boolean {
  return !STEERING.test(text)
}

/** The text on one line, with U+FFFD in the place of every such character. */
export function toHarmless(text: string): string {
  return text.replace(ALL_STEERING, '\ufffd')
}

/** The JSON of the same value with such characters escaped, except the line ends between values. */
export function toHarmlessJson(json: string): string {
  return json.replace(ALL_STEERING, (sign) =>
    sign === '\n'
      ? sign
      : [...Array(sign.length).keys()]
          .map((i) => `\\u${sign.charCodeAt(i).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}
