// Sentences in lines that are no wider than the terminal.

import { PAINTED, toWidth } from './terminal.ts'

/** Breaks at spaces. A word that is wider than the line has one for itself. Colours are taken up anew. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const [, begin = '', plain = '', end = ''] = PAINTED.exec(text) ?? ['', '', text, '']
  const lines: string[] = []
  let line = ''
  for (const word of plain.split(' ')) {
    if (line !== '' && indent.length + toWidth(line) + 1 + toWidth(word) > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((part) => `${indent}${begin}${part}${end}`)
}
