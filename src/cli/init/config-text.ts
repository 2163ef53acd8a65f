// Reads single settings out of the text of a configuration file in JavaScript or TypeScript, without running it.
// What is computed there is told apart from what is not set, so that nobody relies on a guess.

export type Setting = {
  /** The value, if it is written as a string. */
  readonly text?: string
  /** The setting is there, and its value cannot be read. */
  readonly isUnclear: boolean
}

const STRINGS_AND_COMMENTS =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** The text without comments; strings stay as they are. */
export function withoutComments(source: string): string {
  return source.replaceAll(STRINGS_AND_COMMENTS, (_, string: string | undefined) => string ?? ' ')
}

/**
 * The first setting of this name at any depth.
 *
 * @param source without comments.
 */
export function readSetting(source: string, name: string): Setting {
  const pattern = new RegExp(
    `(?<![\\w$.-])["']?${name}["']?\\s*:\\s*(?:(["'\`])([^"'\`$\\n]*)\\1\\s*(?:[,})\\n]|$)|(\\S))`,
  )
  const found = pattern.exec(source)
  if (!found) return { isUnclear: false }
  const [, quote, text] = found
  return quote === undefined || text === undefined
    ? { isUnclear: true }
    : { text, isUnclear: false }
}

/** Whether the setting is written as this word, such as `false`. */
export function isSetTo(source: string, name: string, word: string): boolean {
  return new RegExp(`(?<![\\w$.-])["']?${name}["']?\\s*:\\s*${word}\\b`).test(source)
}
