// Starter projects as a new user makes them, with the `create-…` packages of the npm registry at pinned versions, and
// what their users have to do before they can be published.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Detected } from '../../../src/cli/init/detect.ts'
import { runTool } from '../../builds/build-app.ts'

export type Starter = {
  readonly name: string
  /** What `npm exec` is given; `app` is the name of the project. */
  readonly create: readonly [string, ...string[]]
  /** What `holo init` has to find out. */
  readonly expected: Partial<Detected>
  /** What its note names, if it has one. */
  readonly advice?: string
  /** What its user has to do before it can be published anywhere, as `holo init` says. */
  readonly prepare?: (folder: string) => Promise<void>
}

export const STARTERS: readonly Starter[] = [
  {
    name: 'create-vite, React',
    create: ['create-vite@9.3.0', 'app', '--template', 'react-ts', '--no-interactive'],
    expected: { framework: 'Vite', kind: 'static', folder: 'dist', pages: 'single', notes: [] },
  },
  {
    name: 'create-vue',
    create: ['create-vue@3.22.4', 'app', '--default'],
    expected: { framework: 'Vite', kind: 'static', folder: 'dist', pages: 'single', notes: [] },
  },
  {
    name: 'create-next-app',
    create: [
      ...(['create-next-app@16.4.3', 'app', '--yes', '--js', '--app', '--no-src-dir'] as const),
      // Without the packages that no build needs.
      ...['--no-tailwind', '--no-linter', '--skip-install', '--disable-git', '--use-npm'],
    ],
    expected: {
      framework: 'Next',
      kind: 'server',
      folder: '.holo/files',
      server: { start: 'npm start', port: 3000 },
      notes: [],
    },
    prepare: leaveFontsOut,
  },
  {
    name: 'sv create',
    create: [
      ...(['sv@0.17.1', 'create', 'app', '--template', 'minimal', '--types', 'ts'] as const),
      ...['--no-add-ons', '--no-install'],
    ],
    expected: { framework: 'SvelteKit', kind: 'static', folder: 'build' },
    advice: '@sveltejs/adapter-static',
    prepare: useAdapterStatic,
  },
  {
    name: 'create-docusaurus',
    create: [
      ...(['create-docusaurus@3.10.2', 'app', 'classic', '--skip-install'] as const),
      ...['--package-manager', 'npm', '--javascript'],
    ],
    expected: { framework: 'Docusaurus', folder: 'build', pages: 'many', base: '/', notes: [] },
  },
  {
    name: 'ng new',
    create: [
      ...(['@angular/cli@22.2.7', 'new', 'app', '--skip-install', '--skip-git'] as const),
      ...['--defaults', '--ssr=false'],
    ],
    expected: { framework: 'Angular', folder: 'dist/app/browser', pages: 'single', notes: [] },
  },
]

/** Makes the project as `app` in an empty folder, and installs nothing in it. @returns its folder. */
export async function createStarter({ create }: Starter, empty: string): Promise<string> {
  const [name, ...args] = create
  const tool = name.startsWith('@angular/cli') ? ['--package', name, '--', 'ng'] : ['--', name]
  await runTool('npm', ['exec', '--yes', '--prefer-offline', ...tool, ...args], empty)
  return join(empty, 'app')
}

/** Its fonts would be fetched from Google while it is built, and the only network here is npm's registry. */
async function leaveFontsOut(folder: string): Promise<void> {
  const file = join(folder, 'app/layout.js')
  const text = await readFile(file, 'utf8')
  const changed = text
    .replace(/^import .*next\/font\/google.*\n/m, '')
    .replaceAll(/^const (\w+) = Geist\w*\(\{[^}]*\}\);?$/gm, "const $1 = { variable: '' }")
  await writeFile(file, changed)
}

/** As SvelteKit's documentation says: another adapter, and pages that are made at the build. */
async function useAdapterStatic(folder: string): Promise<void> {
  for (const name of ['package.json', 'vite.config.ts']) {
    const text = await readFile(join(folder, name), 'utf8')
    const changed = text
      .replace(/"@sveltejs\/adapter-auto": "[^"]*"/, '"@sveltejs/adapter-static": "^3.0.0"')
      .replace('@sveltejs/adapter-auto', '@sveltejs/adapter-static')
    await writeFile(join(folder, name), changed)
  }
  await writeFile(join(folder, 'src/routes/+layout.ts'), 'export const prerender = true\n')
}
