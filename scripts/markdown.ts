// Tables in Markdown, and the places of pages in which figures stand that a program makes: between
// `<!-- name -->` and `<!-- /name -->`.

export function toMarkdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** What stands at a place of a page, and the page with something else there; `undefined` where it has none. */
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
