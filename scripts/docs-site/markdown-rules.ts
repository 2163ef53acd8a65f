// What the site does to the Markdown of the repository: headings get the anchors that GitHub gives them, links lead to
// pages of the site, and what may be wider than the page can be scrolled with the keyboard.

import type { Markdown, MarkdownToken } from '@11ty/eleventy'
import { toAnchor } from '../markdown.ts'
import { toSiteLink } from './links.ts'
import { type Section, toPlainText, toSections } from './sections.ts'

/** The data of the page that is rendered. */
type Env = { readonly file?: string }

export type SiteListener = {
  /** Told of each file that a link or an image needs. */
  readonly onFile: (file: string) => void
  readonly onSections: (page: string, sections: readonly Section[]) => void
}

export function addSiteRules(markdown: Markdown, { onFile, onSections }: SiteListener): void {
  markdown.core.ruler.push('site', ({ tokens, env }) => {
    addAnchors(tokens)
    emptyHeads(tokens)
    const file = (env as Env).file
    if (file === undefined) return
    for (const { children } of tokens) changeLinks(file, children ?? [], onFile)
    onSections(file, toSections(tokens))
  })
  const { rules } = markdown.renderer
  rules.table_open = () =>
    '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n'
  rules.table_close = () => '</table></div>\n'
  const fence = rules.fence
  rules.fence = (...args) => (fence?.(...args) ?? '').replace('<pre>', '<pre tabindex="0">')
}

function addAnchors(tokens: readonly MarkdownToken[]): void {
  const seen = new Map<string, number>()
  tokens.forEach((token, i) => {
    if (token.type !== 'heading_open') return
    const anchor = toAnchor(toPlainText(tokens[i + 1]))
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    token.attrSet('id', count === 0 ? anchor : `${anchor}-${count}`)
  })
}

/** A cell that heads its column without a word is no heading. */
function emptyHeads(tokens: readonly MarkdownToken[]): void {
  tokens.forEach((token, i) => {
    if (token.type !== 'th_open' || tokens[i + 1]?.content !== '') return
    token.tag = 'td'
    const close = tokens[i + 2]
    if (close) close.tag = 'td'
  })
}

function changeLinks(
  file: string,
  tokens: readonly MarkdownToken[],
  onFile: SiteListener['onFile'],
): void {
  const open: boolean[] = []
  for (const token of tokens) {
    if (token.type === 'image') {
      const link = toSiteLink(file, token.attrGet('src') ?? '')
      token.attrSet('src', link.href ?? '')
      if (link.copy !== undefined) onFile(link.copy)
    }
    if (token.type === 'link_open') {
      const link = toSiteLink(file, token.attrGet('href') ?? '')
      if (link.copy !== undefined) onFile(link.copy)
      open.push(link.href === undefined)
      if (link.href === undefined) {
        Object.assign(token, { tag: 'span', attrs: [['title', 'in the repository']] })
      } else {
        token.attrSet('href', link.href)
      }
    }
    if (token.type === 'link_close' && open.pop()) token.tag = 'span'
  }
}
