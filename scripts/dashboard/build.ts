// Builds the dashboard with Vite, and knows whether a build is up to date: a build notes the hash of everything
// that it was made from.

import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { hasNote, noteInputs } from '../notices.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export const DASHBOARD_FOLDER = 'dist/dashboard'

/** Where the page is, on every host name of the Worker. */
export const DASHBOARD_PATH = '/.holo/'

const PAGE = 'index.html'
/** Vite puts all other files here. */
const FILES = 'assets'

/** Holds the hash of what the present build was made from. It is not in the folder, so it is not served. */
const NOTE = join(ROOT, 'dist/dashboard.hash')

/** What a build depends on: the page, what it may import, the packages, and the way it is built. */
const SOURCES = [
  'src/dashboard/**/*',
  'src/core/**/*.ts',
  'src/wire/**/*.ts',
  'scripts/dashboard/build.ts',
  'package-lock.json',
]

/** Builds the dashboard if it is missing or old. Returns whether it was built. */
export async function ensureDashboard(): Promise<boolean> {
  const hash = hashSources()
  const isCurrent =
    existsSync(join(ROOT, DASHBOARD_FOLDER, PAGE)) &&
    readNote() === hash &&
    hasNote(ROOT, 'dashboard')
  if (isCurrent) return false
  await buildDashboard()
  writeFileSync(NOTE, hash)
  return true
}

function readNote(): string | undefined {
  return existsSync(NOTE) ? readFileSync(NOTE, 'utf8') : undefined
}

function hashSources(): string {
  const files = globSync(SOURCES, { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) {
    hash.update(`${file.slice(ROOT.length)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/**
 * Builds into a folder beside the final one. Then the new files come first, the page that names them next, and the
 * old files go last, so that nobody who reads meanwhile gets half a build. The final folder itself stays: a Worker that
 * runs has it open.
 */
async function buildDashboard(): Promise<void> {
  // Loaded only here: most starts find a build that is up to date.
  const { build } = await import('vite')
  const final = join(ROOT, DASHBOARD_FOLDER)
  const fresh = `${final}.${process.pid}`
  const inputs: string[] = []
  const plugins = [collectInputs(inputs)]
  await build({
    configFile: false,
    root: join(ROOT, 'src/dashboard'),
    base: DASHBOARD_PATH,
    mode: 'production',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    plugins,
    worker: { format: 'es', plugins: () => plugins },
    build: {
      outDir: fresh,
      emptyOutDir: true,
      target: 'es2023',
      // The policy of the page allows no inline code, and every browser of the target knows the link.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
    },
  })
  const made = new Set(readdirSync(join(fresh, FILES)))
  mkdirSync(join(final, FILES), { recursive: true })
  for (const name of made) renameSync(join(fresh, FILES, name), join(final, FILES, name))
  renameSync(join(fresh, PAGE), join(final, PAGE))
  for (const name of readdirSync(join(final, FILES))) {
    if (!made.has(name)) rmSync(join(final, FILES, name))
  }
  rmSync(fresh, { recursive: true })
  noteInputs(ROOT, 'dashboard', inputs)
}

function collectInputs(inputs: string[]): Plugin {
  return {
    name: 'collect-inputs',
    generateBundle: (_, bundle) => {
      for (const made of Object.values(bundle)) {
        if (made.type === 'chunk') inputs.push(...made.moduleIds)
      }
    },
  }
}
