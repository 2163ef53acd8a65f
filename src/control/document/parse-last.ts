// Parsing without doing it twice: a change is parsed for its dry run and again when it is made, and both
// times the text is the same.

import { parseAssignments } from '../../document/parse.ts'

type Parse = (text: string, allowInsecure: boolean) => ReturnType<typeof parseAssignments>

/** `parseAssignments`, which keeps what it made of the last text. Whoever gets that leaves it as it is. */
export function createParseLast(parse: typeof parseAssignments = parseAssignments): Parse {
  let last: { text: string; allowInsecure: boolean; parsed: ReturnType<Parse> } | undefined
  return (text, allowInsecure) => {
    if (last?.text !== text || last.allowInsecure !== allowInsecure) {
      last = { text, allowInsecure, parsed: parse(text, { allowInsecure }) }
    }
    return last.parsed
  }
}
