// The sections of a page, for the search: what is below one heading, up to the next.

import type { MarkdownToken } from '@11ty/eleventy'

export type Section = {
  readonly title: string
  /** `undefined` for what is above the first heading. */
  readonly anchor: string | undefined
  readonly text: string
}

/** @param tokens of a page whose headings have their anchors. */
export function toSections(tokens: readonly MarkdownToken[]): Section[] {
  const sections: { title: string; anchor: string | undefined; texts: string[] }[] = []
  tokens.forEach((token, i) => {
    if (token.type === 'heading_open') {
      const title = toPlainText(tokens[i + 1])
      sections.push({ title, anchor: token.attrGet('id') ?? undefined, texts: [] })
    } else if (token.type === 'fence') {
      sections.at(-1)?.texts.push(token.content)
    } else if (token.type === 'inline' && tokens[i - 1]?.type !== 'heading_open') {
      sections.at(-1)?.texts.push(toPlainText(token))
    }
  })
  return sections.map(({ title, anchor, texts }) => ({ title, anchor, text: texts.join('\n') }))
}

/** The text of a heading or a paragraph, without marks. */
export function toPlainText(token: MarkdownToken | undefined): string {
  return (token?.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' ? ' ' : content))
    .join('')
}
