// Decides what a project is: its framework, how it is built, which folder is published, and whether a server
// makes its pages. Pure: project-files.ts reads the files.

import { KNOWN_FRAMEWORKS, PREPARED_FOLDER, readPort, toStart } from './frameworks.ts'
import type { PackageManager } from './package-manager.ts'
import { type Found, type Project, toProject } from './project.ts'
import type { ProjectFiles } from './project-files.ts'

export type Detected = Found & {
  /** For people: `Vite`, `Next`, `plain HTML`; `a server`; `unknown`. */
  readonly framework: string
}

const SERVER_PACKAGES = [
  ...['express', 'fastify', 'koa', 'hono', '@nestjs/core', '@hapi/hapi', '@adonisjs/core'],
]
/** Of Django, Rack, Laravel, Go and others, and what says how a server is run. */
const SERVER_FILES = ['manage.py', 'config.ru', 'artisan', 'go.mod', 'Dockerfile', 'Procfile']
/** Where such servers keep files for visitors. */
const SERVER_ASSETS = ['public', 'static', 'staticfiles']
const SERVER_PORT = 3000

const UNKNOWN: Detected = {
  framework: 'unknown',
  kind: 'static',
  folder: 'dist',
  isCertain: false,
  pages: 'many',
  base: '/',
  notes: [],
}

export function detectProject(files: ProjectFiles, manager: PackageManager): Detected {
  const project = toProject(files, manager)
  const row = KNOWN_FRAMEWORKS.find(({ packages }) => packages.some((name) => project.has(name)))
  if (row) {
    const found = row.look(project)
    return { framework: row.name, ...found, notes: [...found.notes, ...toBaseNotes(found.base)] }
  }
  const build = project.scripts.build === undefined ? undefined : manager.run('build')
  if (isServer(project)) {
    const folder = SERVER_ASSETS.find((name) => files.names.includes(name))
    const start = toStart(project, undefined)
    return {
      ...UNKNOWN,
      framework: 'a server',
      kind: 'server',
      folder: folder ?? PREPARED_FOLDER,
      isCertain: true,
      ...(folder === undefined ? { copies: [] } : {}),
      ...(build === undefined ? {} : { build }),
      server: { start, port: readPort(project) ?? SERVER_PORT },
    }
  }
  const [home, ...others] = files.homes
  if (home === undefined) return build === undefined ? UNKNOWN : { ...UNKNOWN, build }
  if (build === undefined) {
    const isCertain = others.length === 0
    return { ...UNKNOWN, framework: 'plain HTML', folder: home, isCertain }
  }
  return { ...UNKNOWN, folder: home, build }
}

function isServer({ files, has, scripts }: Project): boolean {
  if (SERVER_PACKAGES.some(has)) return true
  const isRun = scripts.start !== undefined && /\b(?:node|tsx|bun|deno)\b/.test(scripts.start)
  return (
    isRun || (files.homes.length === 0 && SERVER_FILES.some((name) => files.names.includes(name)))
  )
}

/** Relative bases such as `./` work at every address. */
function toBaseNotes(base: string): string[] {
  const isRoot = !base.startsWith('/') || base === '/'
  if (isRoot || base.startsWith('//')) return []
  return [
    `the build is made for ${base}, and Holo serves it at /: let it be made for / (the base path of the framework)`,
  ]
}
