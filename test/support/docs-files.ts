// The JSON files that a page of the documentation shows under a name, as "in `rules.json`" before a block.

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
