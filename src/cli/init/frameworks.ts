// The frameworks that are recognised: by which package, and where their build goes. A row reads configurations
// and does no I/O. Order matters: many frameworks bring Vite along.

import { isSetTo, readSetting, type Setting, withoutComments } from './config-text.ts'
import { type Found, type Project, parseObject } from './project.ts'

export type FrameworkRow = {
  readonly name: string
  /** Any of these packages means this framework. */
  readonly packages: readonly string[]
  readonly look: (project: Project) => Found
}

/** Made after the build from what lies elsewhere; below a folder that git leaves out. */
export const PREPARED_FOLDER = '.holo/files'

const USUAL = { isCertain: true, pages: 'many', base: '/', notes: [] } as const

const NEXT: FrameworkRow = {
  name: 'Next',
  packages: ['next'],
  look: (project) => {
    const config = project.config('next')
    const [output, dist] = [readSetting(config, 'output'), readSetting(config, 'distDir')]
    const shared = { ...USUAL, base: readSetting(config, 'basePath').text || '/' }
    const isCertain = !output.isUnclear && !dist.isUnclear
    if (output.text === 'export') {
      const folder = dist.text ?? 'out'
      return { ...shared, kind: 'static', folder, isCertain, build: toBuild(project, 'next build') }
    }
    const copies = [
      ...(project.files.names.includes('public') ? [{ from: 'public', to: '.' }] : []),
      { from: `${dist.text ?? '.next'}/static`, to: '_next/static' },
    ]
    return {
      ...shared,
      kind: 'server',
      folder: PREPARED_FOLDER,
      isCertain,
      copies,
      proof: `${dist.text ?? '.next'}/BUILD_ID`,
      build: toBuild(project, 'next build'),
      server: { start: toStart(project, `${project.manager.exec} next start`), port: 3000 },
    }
  },
}

const NUXT: FrameworkRow = {
  name: 'Nuxt',
  packages: ['nuxt', 'nuxt3'],
  look: (project) => {
    const config = project.config('nuxt')
    const base = readSetting(config, 'baseURL').text || '/'
    const shared = { ...USUAL, base, folder: '.output/public' }
    const isGenerated = /\bgenerate\b/.test(project.scripts.build ?? '')
    const preset = readSetting(config, 'preset').text ?? ''
    if (isGenerated || /^(?:static|github-pages|gitlab-pages)$/.test(preset)) {
      return { ...shared, kind: 'static', build: toBuild(project, 'nuxt generate') }
    }
    return {
      ...shared,
      kind: 'server',
      build: toBuild(project, 'nuxt build'),
      server: { start: 'node .output/server/index.mjs', port: 3000 },
    }
  },
}

const ASTRO: FrameworkRow = {
  name: 'Astro',
  packages: ['astro'],
  look: (project) => {
    const config = project.config('astro')
    const [out, base] = [readSetting(config, 'outDir'), readSetting(config, 'base')]
    const folder = toFolder(out.text ?? 'dist')
    const build = toBuild(project, 'astro build')
    const shared = { ...USUAL, isCertain: !out.isUnclear, base: base.text || '/', build }
    const isServer =
      readSetting(config, 'output').text === 'server' ||
      (project.has('@astrojs/node') && /@astrojs\/node/.test(config))
    if (!isServer) return { ...shared, kind: 'static', folder }
    return {
      ...shared,
      kind: 'server',
      folder: `${folder}/client`,
      server: { start: `node ${folder}/server/entry.mjs`, port: 4321 },
    }
  },
}

const SVELTEKIT: FrameworkRow = {
  name: 'SvelteKit',
  packages: ['@sveltejs/kit'],
  look: (project) => {
    // SvelteKit 3 is configured in vite.config, older ones in svelte.config.
    const config = `${project.config('svelte')}\n${project.config('vite')}`
    const build = toBuild(project, 'vite build')
    const base = readSetting(config, 'base').text || '/'
    const shared = { ...USUAL, base, build }
    const named = /@sveltejs\/adapter-(\w+)/.exec(config)?.[1]
    if (named === 'static') {
      const pages = readSetting(config, 'pages')
      const isSingle = readSetting(config, 'fallback').text !== undefined
      return {
        ...shared,
        kind: 'static',
        folder: toFolder(pages.text ?? 'build'),
        isCertain: !pages.isUnclear,
        pages: isSingle ? 'single' : 'many',
      }
    }
    if (named === 'node') {
      const out = toFolder(readSetting(config, 'out').text ?? 'build')
      const server = { start: `node ${out}`, port: 3000 }
      return { ...shared, kind: 'server', folder: `${out}/client`, server }
    }
    const note =
      `SvelteKit's adapter-${named ?? 'auto'} writes no folder to publish: use @sveltejs/adapter-static ` +
      '(pages are made at the build) or @sveltejs/adapter-node (a server)'
    return { ...shared, kind: 'static', folder: 'build', notes: [note] }
  },
}

const ANGULAR: FrameworkRow = {
  name: 'Angular',
  packages: ['@angular/core'],
  look: (project) => {
    const { projects, defaultProject } = parseObject(
      withoutComments(project.files.texts['angular.json'] ?? '{}'),
    )
    const apps = Object.entries(Object(projects)).filter(([, one]) => toAngularBuild(one).builder)
    const [name, app] = apps.find(([one]) => one === defaultProject) ?? apps[0] ?? ['', undefined]
    const { builder, options } = toAngularBuild(app)
    const stated: unknown = options.outputPath
    const base = typeof stated === 'string' ? stated : Object(stated).base
    const top = toFolder(typeof base === 'string' ? base : `dist/${name}`)
    const inside = Object(stated).browser
    // The older builders write into the folder itself.
    const isApplication = /:application$/.test(builder)
    const browser = typeof inside === 'string' ? inside : 'browser'
    const folder = isApplication && browser !== '' ? `${top}/${browser}` : top
    const shared = {
      ...USUAL,
      folder,
      base: typeof options.baseHref === 'string' ? options.baseHref : '/',
      isCertain: apps.length === 1,
      build: toBuild(project, 'ng build'),
    }
    if (!options.ssr || options.outputMode === 'static') {
      return {
        ...shared,
        kind: 'static',
        pages: options.prerender || options.ssr ? 'many' : 'single',
      }
    }
    return {
      ...shared,
      kind: 'server',
      server: { start: `node ${top}/server/server.mjs`, port: 4000 },
    }
  },
}

function toAngularBuild(app: unknown) {
  const { architect, targets } = Object(app)
  const { builder, options, configurations, defaultConfiguration } = Object(
    Object(architect ?? targets).build,
  )
  const chosen = Object(configurations)[defaultConfiguration ?? 'production']
  return {
    builder: typeof builder === 'string' ? builder : '',
    options: { ...Object(options), ...Object(chosen) } as Record<string, unknown>,
  }
}

const DOCUSAURUS: FrameworkRow = {
  name: 'Docusaurus',
  packages: ['@docusaurus/core'],
  look: (project) => ({
    ...USUAL,
    kind: 'static',
    folder: toFolder(readFlag(project, 'out-dir') ?? 'build'),
    base: readSetting(project.config('docusaurus'), 'baseUrl').text || '/',
    build: toBuild(project, 'docusaurus build'),
  }),
}

const REACT_ROUTER: FrameworkRow = {
  name: 'React Router',
  packages: ['@react-router/dev', '@remix-run/dev'],
  look: (project) => {
    const config = project.config('react-router')
    const top = toFolder(readSetting(config, 'buildDirectory').text ?? 'build')
    const build = toBuild(project, 'react-router build')
    const shared = { ...USUAL, folder: `${top}/client`, build }
    if (isSetTo(config, 'ssr', 'false')) return { ...shared, kind: 'static', pages: 'single' }
    return {
      ...shared,
      kind: 'server',
      server: { start: toStart(project, undefined), port: 3000 },
    }
  },
}

const VITE: FrameworkRow = {
  name: 'Vite',
  packages: ['vite'],
  look: (project) => {
    const config = project.config('vite')
    const out = toGiven(readFlag(project, 'outDir'), readSetting(config, 'outDir'))
    const root = readSetting(config, 'root')
    const base = toGiven(readFlag(project, 'base'), readSetting(config, 'base'))
    // `build.outDir` is relative to `root`.
    const folder = toFolder(`${root.text ? `${root.text}/` : ''}${out.text ?? 'dist'}`)
    const build = toBuild(project, 'vite build')
    const isCertain = !out.isUnclear && !root.isUnclear
    const shared = { ...USUAL, isCertain, base: base.text || '/', build }
    const scripts = Object.values(project.scripts)
    if (scripts.some((script) => /\bvite build\b.*--ssr\b/.test(script))) {
      const port = readPort(project) ?? 5173
      const server = { start: toStart(project, undefined), port }
      return {
        ...shared,
        kind: 'server',
        folder: toFolder('dist/client'),
        isCertain: false,
        server,
      }
    }
    return {
      ...shared,
      kind: 'static',
      folder,
      pages: /\binput\s*:/.test(config) ? 'many' : 'single',
    }
  },
}

/** A framework whose folder is always the same. */
function plain(
  name: string,
  packageName: string,
  command: string,
  folder: string,
  more: (project: Project) => Partial<Found> = () => ({}),
): FrameworkRow {
  const look = (project: Project): Found => ({
    ...USUAL,
    kind: 'static',
    folder,
    build: toBuild(project, command),
    ...more(project),
  })
  return { name, packages: [packageName], look }
}

export const KNOWN_FRAMEWORKS: readonly FrameworkRow[] = [
  NEXT,
  NUXT,
  ASTRO,
  SVELTEKIT,
  ANGULAR,
  DOCUSAURUS,
  REACT_ROUTER,
  plain('Gatsby', 'gatsby', 'gatsby build', 'public'),
  plain('Eleventy', '@11ty/eleventy', 'eleventy', '_site', (project) => ({
    folder: toFolder(readFlag(project, 'output') ?? '_site'),
  })),
  plain('VitePress', 'vitepress', 'vitepress build', '.vitepress/dist', (project) => {
    const scripts = Object.entries(project.scripts)
    const [name, script = ''] = scripts.find(([, one]) => /\bvitepress build\b/.test(one)) ?? []
    const root = /\bvitepress build +([\w./-]+)/.exec(script)?.[1]
    const build = name === undefined ? {} : { build: project.manager.run(name) }
    return { ...build, folder: toFolder(`${root ? `${root}/` : ''}.vitepress/dist`) }
  }),
  plain('Create React App', 'react-scripts', 'react-scripts build', 'build', (project) => ({
    pages: 'single',
    base: toPath(project.homepage),
  })),
  plain('Vue CLI', '@vue/cli-service', 'vue-cli-service build', 'dist', (project) => {
    const out = readSetting(project.config('vue'), 'outputDir')
    const base = readSetting(project.config('vue'), 'publicPath').text || '/'
    return {
      pages: 'single',
      base,
      isCertain: !out.isUnclear,
      folder: toFolder(out.text ?? 'dist'),
    }
  }),
  VITE,
]

/** The project's own script, or the framework's command. */
function toBuild({ scripts, manager }: Project, command: string): string {
  const isScript = scripts.build !== undefined
  const generate = command === 'nuxt generate' && !/\bgenerate\b/.test(scripts.build ?? '')
  if (generate && scripts.generate !== undefined) return manager.run('generate')
  return isScript && !generate ? manager.run('build') : `${manager.exec} ${command}`
}

export function toStart(
  { scripts, manager }: Project,
  command: string | undefined,
): string | undefined {
  return scripts.start === undefined ? command : manager.run('start')
}

function toGiven(flag: string | undefined, setting: Setting): Setting {
  return flag === undefined ? setting : { text: flag, isUnclear: false }
}

/** The value of an option in the build script, as in `--outDir site` or `--output=site`. */
function readFlag({ scripts }: Project, name: string): string | undefined {
  return new RegExp(`--${name}[= ]["']?([\\w./-]+)`).exec(scripts.build ?? '')?.[1]
}

/** The port of a server, as the start script or the Dockerfile says. */
export function readPort({ scripts, files }: Project): number | undefined {
  const said =
    /(?:--port[= ]|-p |\bPORT=)(\d{2,5})\b/.exec(scripts.start ?? '') ??
    /^\s*EXPOSE\s+(\d{2,5})\b/im.exec(files.texts.Dockerfile ?? '')
  const port = Number(said?.[1])
  return port > 0 && port <= 65_535 ? port : undefined
}

function toFolder(path: string): string {
  return path.replace(/^\.\//, '').replace(/(?<=.)\/+$/, '') || '.'
}

/** The path of an address, as `homepage` of package.json has it. */
function toPath(address: string | undefined): string {
  if (address === undefined || address === '.') return '/'
  return URL.canParse(address) ? new URL(address).pathname : address
}
