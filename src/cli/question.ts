// Asks the person at the terminal a question, on standard error. change.ts decides whether to ask.

import { createInterface } from 'node:readline'
import type { Input, OutputStream } from './terminal.ts'

/** The line that was typed; `undefined` when the input ends instead. Rejects when `signal` aborts. */
export function askLine(
  question: string,
  { stdin, stderr }: { readonly stdin: Input; readonly stderr: OutputStream },
  signal: AbortSignal,
): Promise<string | undefined> {
  stderr.write(question)
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, terminal: false })
    const abort = () => {
      // Closing says that the input ended, which is an answer: it comes too late then.
      reject(signal.reason)
      stderr.write('\n')
      lines.close()
    }
    signal.addEventListener('abort', abort, { once: true })
    const settle = (line: string | undefined) => {
      signal.removeEventListener('abort', abort)
      resolve(line)
      lines.close()
    }
    lines.once('line', settle)
    lines.once('close', () => settle(undefined))
  })
}

export function isYes(answer: string | undefined): boolean {
  return /^\s*y(?:es)?\s*$/i.test(answer ?? '')
}
