// What a project is, for each framework by the files that its starter has, and what is made of settings that move
// the build elsewhere.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectProject } from '../../../src/cli/init/detect.ts'
import { choosePackageManager } from '../../../src/cli/init/package-manager.ts'
import type { ProjectFiles } from '../../../src/cli/init/project-files.ts'
import { findProject, toPatterns } from '../../../src/cli/init/workspace.ts'

const NPM = choosePackageManager([], undefined)

type Manifest = { readonly deps?: readonly string[]; readonly scripts?: Record<string, string> }

function files(
  { deps = [], scripts = { build: 'x' } }: Manifest,
  texts: Record<string, string> = {},
  more: Partial<ProjectFiles> = {},
): ProjectFiles {
  const dependencies = Object.fromEntries(deps.map((name) => [name, '1.0.0']))
  const manifest = JSON.stringify({ dependencies, scripts })
  const names = ['package.json', ...Object.keys(texts)]
  return { names, texts: { 'package.json': manifest, ...texts }, homes: [], ...more }
}

const angular = (options: object, builder = '@angular/build:application') =>
  JSON.stringify({ projects: { shop: { architect: { build: { builder, options } } } } })

/** What is found of each; the words in the first column are the titles. */
const ROWS: readonly (readonly [string, ProjectFiles, object])[] = [
  ['Vite', files({ deps: ['vite'] }), { folder: 'dist', pages: 'single', build: 'npm run build' }],
  [
    'Vite with another folder',
    files(
      { deps: ['vite'] },
      { 'vite.config.ts': "export default { build: { outDir: './site' } }" },
    ),
    { folder: 'site', isCertain: true },
  ],
  [
    'Vite with a folder that is computed',
    files({ deps: ['vite'] }, { 'vite.config.js': 'export default { build: { outDir: out() } }' }),
    { folder: 'dist', isCertain: false },
  ],
  [
    'Vite with several pages below a root',
    files(
      { deps: ['vite'] },
      {
        'vite.config.mts':
          "export default { root: 'web', build: { rollupOptions: { input: { a: 'a.html' } } } }",
      },
    ),
    { folder: 'web/dist', pages: 'many' },
  ],
  [
    'Vite with a setting in a comment and another base',
    files(
      { deps: ['vite'] },
      { 'vite.config.js': "// outDir: 'no'\nexport default { base: '/app/' }" },
    ),
    { folder: 'dist', base: '/app/', notes: [expect.stringContaining('made for /app/')] },
  ],
  [
    'Vite with options of the script',
    files({ deps: ['vite'], scripts: { build: 'vite build --outDir=site --base ./' } }),
    { folder: 'site', base: './', notes: [] },
  ],
  [
    'Next as a static export',
    files({ deps: ['next'] }, { 'next.config.mjs': "export default { output: 'export' }" }),
    { framework: 'Next', kind: 'static', folder: 'out', isCertain: true },
  ],
  [
    'Next with a server',
    files(
      { deps: ['next'], scripts: { build: 'next build', start: 'next start' } },
      { 'next.config.ts': 'const nextConfig: NextConfig = {}', public: '' },
    ),
    {
      kind: 'server',
      folder: '.holo/files',
      copies: [
        { from: 'public', to: '.' },
        { from: '.next/static', to: '_next/static' },
      ],
      server: { start: 'npm start', port: 3000 },
    },
  ],
  [
    'Next whose output depends on something',
    files({ deps: ['next'] }, { 'next.config.js': 'module.exports = { output: env ? a : b }' }),
    { kind: 'server', isCertain: false },
  ],
  ['Astro', files({ deps: ['astro'] }), { kind: 'static', folder: 'dist', pages: 'many' }],
  [
    'Astro with a server',
    files(
      { deps: ['astro', '@astrojs/node'] },
      {
        'astro.config.mjs': "import node from '@astrojs/node'\nexport default { adapter: node() }",
      },
    ),
    { kind: 'server', folder: 'dist/client', server: { port: 4321 } },
  ],
  [
    'SvelteKit with adapter-static',
    files(
      { deps: ['@sveltejs/kit', 'vite'] },
      { 'svelte.config.js': "import adapter from '@sveltejs/adapter-static'" },
    ),
    { framework: 'SvelteKit', kind: 'static', folder: 'build', pages: 'many', notes: [] },
  ],
  [
    'SvelteKit as a single-page app, configured in vite.config',
    files(
      { deps: ['@sveltejs/kit', 'vite'] },
      {
        'vite.config.ts':
          "import adapter from '@sveltejs/adapter-static'\nsveltekit({ adapter: adapter({ fallback: '200.html' }) })",
      },
    ),
    { folder: 'build', pages: 'single' },
  ],
  [
    'SvelteKit with adapter-node',
    files(
      { deps: ['@sveltejs/kit', 'vite'] },
      { 'svelte.config.js': "import adapter from '@sveltejs/adapter-node'" },
    ),
    { kind: 'server', folder: 'build/client', server: { start: 'node build', port: 3000 } },
  ],
  [
    'SvelteKit with adapter-auto',
    files(
      { deps: ['@sveltejs/kit', 'vite'] },
      { 'vite.config.ts': "import adapter from '@sveltejs/adapter-auto'" },
    ),
    { notes: [expect.stringContaining('use @sveltejs/adapter-static')] },
  ],
  [
    'Nuxt that is generated',
    files({ deps: ['nuxt'], scripts: { build: 'nuxt generate' } }),
    { kind: 'static', folder: '.output/public', build: 'npm run build' },
  ],
  [
    'Nuxt with a static preset',
    files(
      { deps: ['nuxt'], scripts: { build: 'nuxt build', generate: 'nuxt generate' } },
      { 'nuxt.config.ts': "export default defineNuxtConfig({ nitro: { preset: 'static' } })" },
    ),
    { kind: 'static', build: 'npm run generate' },
  ],
  [
    'Nuxt with a server',
    files({ deps: ['nuxt'], scripts: { build: 'nuxt build', generate: 'nuxt generate' } }),
    { kind: 'server', folder: '.output/public', server: { port: 3000 } },
  ],
  [
    'Angular',
    files({ deps: ['@angular/core'] }, { 'angular.json': angular({}) }),
    { folder: 'dist/shop/browser', kind: 'static', pages: 'single' },
  ],
  [
    'Angular with a folder of its own',
    files(
      { deps: ['@angular/core'] },
      { 'angular.json': angular({ outputPath: { base: 'www', browser: '' } }) },
    ),
    { folder: 'www' },
  ],
  [
    'Angular with the older builder',
    files(
      { deps: ['@angular/core'] },
      {
        'angular.json': angular(
          { outputPath: 'dist/shop' },
          '@angular-devkit/build-angular:browser',
        ),
      },
    ),
    { folder: 'dist/shop' },
  ],
  [
    'Angular with a server',
    files(
      { deps: ['@angular/core'] },
      { 'angular.json': angular({ ssr: { entry: 'src/server.ts' }, outputMode: 'server' }) },
    ),
    { kind: 'server', server: { start: 'node dist/shop/server/server.mjs', port: 4000 } },
  ],
  [
    'Docusaurus',
    files(
      { deps: ['@docusaurus/core', 'react'], scripts: { build: 'docusaurus build' } },
      { 'docusaurus.config.ts': "const config: Config = { baseUrl: '/docs/' }" },
    ),
    { folder: 'build', base: '/docs/', pages: 'many' },
  ],
  [
    'React Router without a server',
    files(
      { deps: ['@react-router/dev', 'vite'] },
      { 'react-router.config.ts': 'export default { ssr: false }' },
    ),
    { kind: 'static', folder: 'build/client', pages: 'single' },
  ],
  [
    'React Router',
    files({
      deps: ['@react-router/dev', 'vite'],
      scripts: { build: 'react-router build', start: 'react-router-serve build/server/index.js' },
    }),
    { kind: 'server', folder: 'build/client', server: { start: 'npm start', port: 3000 } },
  ],
  [
    'VitePress',
    files({ deps: ['vitepress'], scripts: { 'docs:build': 'vitepress build docs' } }),
    { folder: 'docs/.vitepress/dist', build: 'npm run docs:build' },
  ],
  [
    'Eleventy',
    files({ deps: ['@11ty/eleventy'], scripts: { build: 'eleventy --output=web' } }),
    { folder: 'web' },
  ],
  [
    'plain HTML',
    { names: ['index.html'], texts: {}, homes: ['.'] },
    { framework: 'plain HTML', folder: '.', isCertain: true },
  ],
  [
    'plain HTML in one of two folders',
    { names: ['public', 'docs'], texts: {}, homes: ['public', 'docs'] },
    { framework: 'plain HTML', folder: 'public', isCertain: false },
  ],
  [
    'a server',
    files({ deps: ['express'], scripts: { start: 'node app.js --port 8080' } }, { public: '' }),
    {
      framework: 'a server',
      kind: 'server',
      folder: 'public',
      server: { start: 'npm start', port: 8080 },
    },
  ],
  [
    'a server in another language',
    { names: ['go.mod', 'Dockerfile'], texts: { Dockerfile: 'FROM go\nEXPOSE 8080' }, homes: [] },
    { kind: 'server', folder: '.holo/files', copies: [], server: { start: undefined, port: 8080 } },
  ],
  [
    'something unknown',
    files({ scripts: { build: 'make' } }),
    { framework: 'unknown', isCertain: false, build: 'npm run build' },
  ],
  [
    'a broken package.json',
    { names: [], texts: { 'package.json': '{' }, homes: [] },
    { framework: 'unknown' },
  ],
]

describe('a project', () => {
  it.each(ROWS)('is known as %s', (_, given, expected) => {
    expect(detectProject(given, NPM)).toMatchObject(expected)
  })
})

describe('the package manager', () => {
  it.each([
    [['pnpm-lock.yaml'], undefined, 'pnpm run build', 'pnpm install --frozen-lockfile'],
    [['yarn.lock'], undefined, 'yarn run build', 'yarn install --frozen-lockfile'],
    [['yarn.lock'], 'yarn@4.9.1', 'yarn run build', 'yarn install --immutable'],
    [['bun.lock'], undefined, 'bun run build', 'bun install --frozen-lockfile'],
    [['package-lock.json'], undefined, 'npm run build', 'npm ci'],
    [[], 'pnpm@10.1.0', 'pnpm run build', 'pnpm install'],
    [[], undefined, 'npm run build', 'npm install'],
  ])('of %j and %s runs "%s"', (names, stated, run, install) => {
    const manager = choosePackageManager([names], stated)
    expect([manager.run('build'), manager.install]).toEqual([run, install])
  })
})

describe('a monorepo', () => {
  let root: string
  const put = async (path: string, content: unknown) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(
      join(root, path),
      typeof content === 'string' ? content : JSON.stringify(content),
    )
  }
  const nobody = async () => {
    throw new Error('nobody asks')
  }
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'holo-monorepo-'))
    await put('.git/HEAD', '')
    await put('package.json', { workspaces: ['apps/*', 'packages/**', '!apps/old'] })
    await put('pnpm-lock.yaml', '')
    await put('apps/web/package.json', { devDependencies: { vite: '8' }, scripts: { build: 'x' } })
    await put('apps/old/package.json', { devDependencies: { vite: '8' } })
    await put('packages/a/ui/package.json', { dependencies: { react: '19' } })
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('means the package where one stands, with the lockfile at the top', async () => {
    const found = await findProject(join(root, 'apps/web'), undefined, nobody)
    expect(found).toMatchObject({ root, inside: 'apps/web', detected: { framework: 'Vite' } })
    expect(found.detected.build).toBe('pnpm run build')
  })

  it('means its only site from the top', async () => {
    const found = await findProject(root, undefined, nobody)
    expect(found).toMatchObject({ inside: 'apps/web', manager: { name: 'pnpm' } })
  })

  it('asks which site is meant, unless it is named', async () => {
    await put('apps/docs/package.json', { dependencies: { '@docusaurus/core': '3' } })
    await put('apps/api/package.json', { dependencies: { express: '5' } })
    const asked: string[] = []
    const found = await findProject(root, undefined, async (all) => {
      asked.push(...all.map(({ inside }) => inside))
      return all[1] as (typeof all)[number]
    })
    // The first is what Enter means: an API is rarely the site.
    expect([asked, found.inside]).toEqual([['apps/docs', 'apps/web', 'apps/api'], 'apps/web'])
    expect((await findProject(root, 'apps/docs', nobody)).detected.framework).toBe('Docusaurus')
    await expect(findProject(root, 'apps/none', nobody)).rejects.toThrow('there is no folder')
  })

  it.each([
    ["packages:\n  - 'apps/*'\n  # comment\n  - packages/*  # more\ncatalog:\n  - x", 2],
    ['packages: ["apps/*", packages/*, tools]', 3],
    ['onlyBuiltDependencies:\n  - esbuild', 0],
  ])('of pnpm is read from %j', (yaml, count) => {
    const given = { names: [], texts: { 'pnpm-workspace.yaml': yaml }, homes: [] }
    expect(toPatterns(given)).toHaveLength(count)
  })
})
