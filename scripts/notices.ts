// THIRD-PARTY-NOTICES.txt: the licences of the packages whose code is built into the command, the Worker, the dashboard
// and the scripts of pages. Their terms ask that the notice goes with each copy. Each build notes what it is made of.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Metafile } from 'esbuild'

export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt'

/** The builds that note what they are made of. The scripts of pages are built so fast that they need no note. */
export const NOTED_BUILDS = ['cli', 'worker', 'dashboard'] as const
type NotedBuild = (typeof NOTED_BUILDS)[number]

export type Bundled = {
  /** Of packages, such as `node_modules/a/node_modules/@b/c`. */
  readonly folders: readonly string[]
  /** Packages that the files of other packages contain, as `name@1.2.3`. */
  readonly inside: readonly string[]
}

const toNote = (root: string, build: NotedBuild) => join(root, `dist/inputs/${build}.json`)

/** @param paths of the modules, absolute or below the root. */
export function noteInputs(root: string, build: NotedBuild, paths: readonly string[]): void {
  const file = toNote(root, build)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(findBundled(root, paths)))
}

export function hasNote(root: string, build: NotedBuild): boolean {
  return existsSync(toNote(root, build))
}

/** @throws Error when the build has not run. */
export function readNote(root: string, build: NotedBuild): Bundled {
  return JSON.parse(readFileSync(toNote(root, build), 'utf8'))
}

/** The modules of which something is in the output; others were read and left out. */
export function toInputs({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  )
}

export function findBundled(root: string, paths: readonly string[]): Bundled {
  const folders = new Set<string>()
  const inside = new Set<string>()
  for (const path of paths) {
    const file = resolve(root, path)
    const folder = toPackageFolder(relative(root, file))
    if (folder === undefined) continue
    folders.add(folder)
    for (const one of findInside(readFileSync(file, 'utf8'))) inside.add(one)
  }
  return { folders: [...folders].sort(), inside: [...inside].sort() }
}

/** @param path below the root. */
export function toPackageFolder(path: string): string | undefined {
  const plain = path.replaceAll('\\', '/')
  const at = plain.lastIndexOf('node_modules/')
  const name = /^node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(plain.slice(Math.max(at, 0)))?.[0]
  return name && plain.slice(0, at) + name
}

/** The comments in which bundlers name the module that follows. */
const MODULE_COMMENT = /^\/\/(?:#region)? .*node_modules\/(?<name>(?:@[^/\n]+\/)?[^/\n]+)\/.*$/gm

/** The packages that were bundled into a file of another one. */
export function findInside(code: string): readonly string[] {
  const found = [...code.matchAll(MODULE_COMMENT)].map(([comment, name = '']) => {
    const key = `/.pnpm/${name.replace('/', '+')}@`
    const at = comment.indexOf(key)
    const version = at === -1 ? '' : (/^[^_(/]+/.exec(comment.slice(at + key.length))?.[0] ?? '')
    return `${name}@${version}`
  })
  return [...new Set(found)]
}

export type Notice = {
  readonly name: string
  readonly version: string
  /** As its package.json says. */
  readonly license: unknown
  /** Of its licence, and of a NOTICE. */
  readonly texts: readonly string[]
}

const LICENCE_FILE = /^(?:licen[cs]e|copying)(?:[.-].*)?$/i
const NOTICE_FILE = /^notice(?:\..*)?$/i
/** The last part of a README: a heading, and the text itself. */
const LICENCE_PART = /^(?:#+ *)?licen[cs]e[^\n]*\n(?:(?!^#)[\s\S])*\bcopyright\b[\s\S]*$/im

/** @throws Error when the package has no text of its licence: then somebody has to find it. */
export function readNotice(root: string, folder: string): Notice {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  )
  const files = readdirSync(join(root, folder)).sort()
  const read = (file: string) => readText(join(root, folder, file))
  const licences = files.filter((file) => LICENCE_FILE.test(file)).map(read)
  if (licences.length === 0) {
    const part = files.includes('README.md') ? LICENCE_PART.exec(read('README.md'))?.[0] : undefined
    if (!part) throw new Error(`${name} ${version} has no text of its licence`)
    licences.push(part)
  }
  const texts = [...licences, ...files.filter((file) => NOTICE_FILE.test(file)).map(read)]
  return { name, version, license, texts }
}

/** The texts of packages that are only inside of others are kept in scripts/licence-texts. */
const KEPT: Readonly<Record<string, string>> = { 'content-type': 'MIT' }

/**
 * Of a package that another one contains: its text is that of the same package in node_modules, or is kept here.
 *
 * @throws Error when it is neither.
 */
export function readInsideNotice(root: string, inside: string): Notice {
  const at = inside.lastIndexOf('@')
  const [name, version] = [inside.slice(0, at), inside.slice(at + 1)]
  const folder = `node_modules/${name}`
  if (existsSync(join(root, folder))) return { ...readNotice(root, folder), version }
  const license = KEPT[name]
  if (license !== undefined) {
    return {
      name,
      version,
      license,
      texts: [readText(join(root, `scripts/licence-texts/${name}.txt`))],
    }
  }
  throw new Error(
    `${inside} is inside of another package: put its licence into scripts/licence-texts`,
  )
}

function readText(file: string): string {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim()
}

const LINE = '-'.repeat(80)

/** Sorted; packages with one name and version come once. */
export function renderNotices(notices: readonly Notice[]): string {
  const parts = notices.map(({ name, version, license, texts }) => {
    const title = [name, version, `(${license})`].filter((word) => word !== '').join(' ')
    return [`${title}\n${LINE}`, ...texts].join('\n\n')
  })
  const about =
    'Holo contains code of the following packages, under the terms that stand below each name.'
  return `${[about, ...[...new Set(parts)].sort()].join(`\n\n${LINE}\n`)}\n`
}
