// What every page of the documentation is held to: links lead somewhere, and commands exist with their
// options. The recipes' files are ones that Holo takes, and no page is left out of the lists.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toAnchor } from '../../scripts/markdown.ts'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { configSchema } from '../../src/cli/config.ts'
import { createProgram } from '../../src/cli/program.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { readFilesOfPage, readLinesToType, toWords } from '../support/docs-files.ts'
import { exampleDocument } from '../support/document.ts'

const DOCS = readdirSync('docs', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...DOCS]
const RECIPES = DOCS.filter((name) => dirname(name) === 'docs/recipes')

const texts = new Map<string, string>()
function read(file: string): string {
  const text = texts.get(file) ?? readFileSync(file, 'utf8')
  texts.set(file, text)
  return text
}

const withoutBlocks = (text: string) => text.replaceAll(/^ *```.*?^ *```/gms, '')

/** The names under which GitHub makes headings reachable. */
function findAnchors(text: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) => heading,
  )
  return new Set(
    headings.map((heading) => {
      const slug = toAnchor(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

/** Links to other files, or to places in this one. */
function findLinks(file: string): { link: string; path: string; anchor: string }[] {
  const prose = withoutBlocks(read(file)).replaceAll(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#')
      return { link, path: path === '' ? file : join(dirname(file), path), anchor }
    })
}

function isBroken({ path, anchor }: { path: string; anchor: string }): boolean {
  if (!existsSync(path)) return true
  return anchor !== '' && path.endsWith('.md') && !findAnchors(read(path)).has(anchor)
}

/** Calls of the command in shell blocks. */
function findCalls(file: string): string[] {
  return readLinesToType(read(file))
    .map((line) => line.replace(/^npx (--no-install )?/, ''))
    .filter((line) => line.startsWith('holo '))
}

/** Calls of the command within a sentence, which may leave arguments out. */
function findMentions(file: string): string[] {
  const found = withoutBlocks(read(file)).matchAll(/`(?:npx )?(holo [a-z][^`]*)`/g)
  return [...found].map(([, call = '']) => call.replaceAll(/\s+/g, ' '))
}

async function findMistake(call: string): Promise<string | undefined> {
  const program = createProgram(
    COMMAND_ROWS,
    '0.0.0',
    () => {},
    async () => {},
    undefined,
  )
  try {
    await program.parseAsync(toWords(call).slice(1), { from: 'user' })
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe.each(PAGES)('%s', (file) => {
  it('has no link that leads nowhere', () => {
    expect(
      findLinks(file)
        .filter(isBroken)
        .map(({ link }) => link),
    ).toEqual([])
  })
})

/** What a sentence may leave out. */
const INCOMPLETE = [
  undefined,
  'commander.help',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]

/** Commands of other tools, which docs/cli.md says are recognised and refused. */
const FOREIGN = ['holo push']

describe.each(PAGES)('the commands of %s', (file) => {
  it('exist with their options', async () => {
    for (const call of findCalls(file)) expect(await findMistake(call), call).toBeUndefined()
    const own = findMentions(file).filter((call) => !FOREIGN.includes(call))
    for (const call of own) expect(INCOMPLETE, call).toContain(await findMistake(call))
  })
})

describe.each(RECIPES)('the files of %s', (file) => {
  it('are ones that Holo takes', () => {
    for (const { name, value } of readFilesOfPage(read(file))) {
      if (name === 'holo.json') {
        expect(configSchema.safeParse(value).error?.issues, name).toBeUndefined()
        continue
      }
      const document = exampleDocument()
      const { environments } = document
      const next = { ...environments, next: { version: '0.0.5' } }
      const part = Array.isArray(value) ? { rules: value } : { flags: { shown: value } }
      const text = JSON.stringify({ ...document, environments: next, ...part })
      const parsed = parseAssignments(text, { allowInsecure: false })
      expect(parsed.ok ? [] : parsed.error, name).toEqual([])
    }
  })
})

describe('the lists', () => {
  it('of docs/recipes/README.md name every recipe', () => {
    const linked = findLinks('docs/recipes/README.md').map(({ path }) => path)
    const others = RECIPES.filter((name) => !name.endsWith('README.md'))
    expect(others.filter((name) => !linked.includes(name))).toEqual([])
  })

  it('of README.md name every page', () => {
    const linked = findLinks('README.md').map(({ path }) => relative('.', path))
    const pages = DOCS.filter((name) => dirname(name) === 'docs')
    expect([...pages, 'docs/recipes/README.md'].filter((name) => !linked.includes(name))).toEqual(
      [],
    )
  })
})
