// Builds the docs site: the Markdown of the repository as pages with a navigation, by Eleventy, and an index for the
// search, by MiniSearch. The files need no server of their own.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Eleventy from '@11ty/eleventy'
import { build } from 'esbuild'
import MiniSearch from 'minisearch'
import { ALL_PAGES, API_REFERENCE, ASSIGNMENTS_REFERENCE, CONTENTS, toAddress } from './contents.ts'
import { toFileName, toRelative } from './links.ts'
import { addSiteRules } from './markdown-rules.ts'
import { toApiReference, toAssignmentsReference } from './reference.ts'
import { INDEX_FILE, INDEX_OPTIONS, type SearchEntry } from './search-index.ts'
import type { Section } from './sections.ts'

const TEMPLATES = 'scripts/docs-site/templates'
const STYLE = `${TEMPLATES}/site.css`
const ICON = 'src/dashboard/icon.svg'

const NOT_FOUND_TEXT = `# Page not found

There is no page at this address. The search and the list of pages show what there is;
[the first page](/) says what Holo is.
`

/** The names of the site's own files. */
const OWN_NAMES = new Map([
  [STYLE, 'site.css'],
  [ICON, 'icon.svg'],
])

/** Builds the whole site into an empty folder, and returns its pages. */
export async function buildDocsSite(output: string): Promise<{ readonly pages: number }> {
  await rm(output, { recursive: true, force: true })
  const copied = new Set([STYLE, ICON])
  const index = new MiniSearch<SearchEntry>(INDEX_OPTIONS)
  const texts = await readPages()
  const eleventy = new Eleventy(TEMPLATES, output, {
    quietMode: true,
    configPath: null,
    config: (config) => {
      config.amendLibrary('md', (markdown) =>
        addSiteRules(markdown, {
          onFile: (file) => copied.add(file),
          onSections: (file, sections) => index.addAll(toEntries(file, sections)),
        }),
      )
      const toGroups = (file: string, toHref: (address: string) => string) =>
        CONTENTS.map((group) => ({
          title: group.title,
          pages: group.pages.map((page) => ({
            title: page.title,
            href: toHref(toAddress(page.file)),
            isHere: page.file === file,
          })),
        }))
      // It answers at addresses of any depth, so its links begin at the top.
      config.addTemplate('404.md', NOT_FOUND_TEXT, {
        ...{ title: 'Page not found', layout: 'page.liquid', templateEngineOverride: 'md' },
        ...{ permalink: '404.html', root: '/', groups: toGroups('', (address) => address) },
      })
      for (const { file, title } of ALL_PAGES) {
        config.addTemplate(`${toAddress(file).slice(1)}index.md`, texts.get(file) ?? '', {
          ...{ file, title, layout: 'page.liquid', templateEngineOverride: 'md' },
          permalink: `${toAddress(file)}index.html`,
          root: toRelative(file, '/'),
          groups: toGroups(file, (address) => toRelative(file, address)),
        })
      }
    },
  })
  eleventy.disableLogger()
  await eleventy.write()
  for (const file of copied) await copyFile(file, output)
  await writeFile(join(output, INDEX_FILE), JSON.stringify(index))
  await build({
    entryPoints: [fileURLToPath(new URL('search.ts', import.meta.url))],
    outfile: join(output, 'search.js'),
    ...{ bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'warning' },
  })
  return { pages: ALL_PAGES.length }
}

function toEntries(file: string, sections: readonly Section[]): SearchEntry[] {
  const page = sections[0]?.title ?? ''
  return sections.map(({ title, anchor, text }, i) => ({
    ...{ title, page, text },
    // The first heading is the page itself.
    id: `${toAddress(file).slice(1)}${i === 0 ? '' : `#${anchor}`}`,
  }))
}

async function readPages(): Promise<Map<string, string>> {
  const texts = new Map<string, string>([
    [API_REFERENCE, await toApiReference()],
    [ASSIGNMENTS_REFERENCE, toAssignmentsReference()],
  ])
  for (const { file } of ALL_PAGES) {
    if (!texts.has(file)) texts.set(file, await readFile(file, 'utf8'))
  }
  return texts
}

async function copyFile(file: string, output: string): Promise<void> {
  const target = join(output, OWN_NAMES.get(file) ?? toFileName(file))
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, await readFile(file))
}
