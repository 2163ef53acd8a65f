// What a page of the documentation shows: JSON files under a name, as "in `rules.json`" before a block, and lines to
// type in `sh` blocks.

export interface ShownFile {
  readonly name: string
  readonly text: string
  readonly value: unknown
}

export function readFilesOfPage(page: string): ShownFile[] {
  const blocks = [...page.matchAll(/((?:[^\n]+\n)+)\n```json\n(.*?)^```/gms)]
  return blocks.map(([, before = '', text = '']) => {
    const name = /`([\w.-]+\.json)`/.exec(before)?.[1]
    if (name === undefined) throw new Error(`no name of a file before:\n${text}`)
    return { name, text, value: JSON.parse(text) }
  })
}

/** The lines of all shell blocks, without comments. */
export function readLinesToType(page: string): string[] {
  return [...page.matchAll(/^ *```sh\n(.*?)^ *```/gms)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Words as a shell would give them, up to a comment, a pipe or another command. */
export function toWords(line: string): string[] {
  const [command = ''] = line.split(/ (?:[|<>#]|&&) ?/)
  const found = command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)
  return [...found].map(([, double, single, word]) => double ?? single ?? word ?? '')
}
