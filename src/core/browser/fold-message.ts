// Makes what browsers say about errors short and free of personal data, so that the same error has the
// same message whoever met it. Numbers, ids, addresses and most quoted texts are replaced.

import { toRoute } from '../counting/routes.ts'
import { toHarmless } from '../harmless-text.ts'
import {
  MAX_FRAME_CHARACTERS,
  MAX_MESSAGE_CHARACTERS,
  MAX_STACK_CHARACTERS,
} from './error-groups.ts'

/** Longer texts are cut before they are read, so that a hostile one makes little work. */
const MAX_READ_CHARACTERS = 1000

/** Stands for a number or an id. */
const ID = '#'
const EMAIL = /[^\s"'<>()@]{1,64}@[^\s"'<>()@]{1,120}\.[A-Za-z]{2,24}/g
const URL_TEXT = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>()]+/gi
const QUOTED = /(["'`])((?:(?!\1).){0,1000})\1/g
/** After these words browsers quote names of the code, and no data. */
const BEFORE_NAME =
  /(?:reading|setting|evaluating|property|export named|variable|access|class|method|private field) \(?$/
/** The name of a variable, or of a property of one. */
const CODE_NAME = /^[A-Za-z_$][\w$]{0,39}(?:\.[A-Za-z_$][\w$]{0,39}){0,3}$/
const WITH_DIGIT = /[\p{L}_]*\p{N}[\p{L}\p{N}_]*/gu
/** No word is so long. */
const LONG = /[^\s#:/.]{40,}/g

/** The message as it is counted and shown, 200 characters at most. */
export function foldMessage(text: string): string {
  const line = toHarmless(text.slice(0, MAX_READ_CHARACTERS).replace(/\s+/g, ' ')).trim()
  const folded = line
    .replace(URL_TEXT, withoutQuery)
    .replace(EMAIL, '<email>')
    .replace(QUOTED, (whole, quote: string, quoted: string, at: number) => {
      const isName = CODE_NAME.test(quoted) && BEFORE_NAME.test(line.slice(0, at))
      return isName || quoted === '' ? whole : `${quote}…${quote}`
    })
    .replace(LONG, ID)
    .replace(WITH_DIGIT, ID)
  return cut(folded, MAX_MESSAGE_CHARACTERS)
}

/** Nothing before the host, and nothing after the path. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0]?.replace(/\/\/[^/]*@/, '//') ?? ''
}

/** A place in a file, at the end of a line of a stack: an address, a line and a column. */
const PLACE = /([a-z][a-z0-9+.-]{1,20}:\/\/[^\s()]{1,600}):(\d{1,9}):(\d{1,9})\)?\s*$/i
const SCRIPT_FILE = /\.(?:[cm]?js|wasm)$/i

/**
 * A place such as `https://shop.example/app.js?v=1:10:5` as `/app.js:10:5`. Empty for other hosts,
 * as those of extensions. Of a script in a page the path is folded as a route, because it may hold ids.
 *
 * @param host of the page, with its port.
 */
export function foldFrame(text: string, host: string): string {
  const [, address = '', line, column] = PLACE.exec(text.slice(-MAX_READ_CHARACTERS)) ?? []
  const url = URL.parse(address)
  if (!url || url.host !== host || !/^https?:$/.test(url.protocol)) return ''
  const path = toHarmless(url.pathname)
  const file = SCRIPT_FILE.test(path) ? path : toRoute('GET', path, []).slice('GET '.length)
  const frame = `${file}:${line}:${column}`
  return frame.length <= MAX_FRAME_CHARACTERS ? frame : ''
}

/** Frames that are read and kept of a stack. */
const MAX_FRAMES = 30
/** The name of a function as Chromium writes it (`at name (…)`), and as others do (`name@…`). */
const CHROMIUM_NAME = /^\s*at (?:async |new )*([\w$.<>#]{1,80})[^(]{0,80}\(/
const OTHER_NAME = /^\s*([\w$.<>#/*]{0,80})@/

export type FoldedStack = { readonly frame: string; readonly stack: string }

/** The frames of the host, one a line as `name@/app.js:10:5`, and the first of them without a name. */
export function foldStack(text: string, host: string): FoldedStack {
  let first = ''
  let stack = ''
  for (const line of text.split('\n', MAX_FRAMES)) {
    const frame = foldFrame(line, host)
    if (frame === '') continue
    if (first === '') first = frame
    const name = (CHROMIUM_NAME.exec(line) ?? OTHER_NAME.exec(line))?.[1] ?? ''
    const next = `${stack === '' ? '' : '\n'}${name}@${frame}`
    if (stack.length + next.length > MAX_STACK_CHARACTERS) break
    stack += next
  }
  return { frame: first, stack }
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  // Half of a surrogate pair would be no character.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
