// The part of Eleventy, and of the markdown-it inside of it, that the docs site uses. Neither brings types.

declare module '@11ty/eleventy' {
  export type MarkdownToken = {
    type: string
    tag: string
    content: string
    attrs: [string, string][] | null
    children: MarkdownToken[] | null
    attrGet(name: string): string | null
    attrSet(name: string, value: string): void
  }

  export type RenderRule = (
    tokens: MarkdownToken[],
    index: number,
    options: object,
    env: object,
    renderer: object,
  ) => string

  export type Markdown = {
    core: {
      ruler: {
        push(name: string, rule: (state: { tokens: MarkdownToken[]; env: object }) => void): void
      }
    }
    renderer: { rules: Record<string, RenderRule | undefined> }
  }

  export type Config = {
    amendLibrary(name: 'md', amend: (markdown: Markdown) => void): void
    addTemplate(path: string, content: string, data: object): void
  }

  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: {
        quietMode: boolean
        configPath: string | null
        config: (config: Config) => void
      },
    )
    disableLogger(): void
    write(): Promise<void>
  }
}
