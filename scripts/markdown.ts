// Tables in Markdown, and generated parts of pages: the text between `<!-- name -->` and `<!-- /name -->`.

export function toMarkdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The generated part of a page, and a function that replaces it; `undefined` if the page has no such part. */
export function findPlace(
  page: string,
  name: string,
): { readonly text: string; readonly replace: (text: string) => string } | undefined {
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`]
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end)
  if (from < begin.length || to < from) return undefined
  return {
    text: page.slice(from, to),
    replace: (text) => page.slice(0, from) + text + page.slice(to),
  }
}

/** The anchor that GitHub gives a heading with this text; a second one of the same text gets `-1`. */
export function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-')
}
