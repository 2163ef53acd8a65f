// The Vite plugin `holo-edge/vite`: after a build it runs the `holo` command of this package, which publishes the
// folder that Vite has written, and prints a link that shows the version. Plain JavaScript, because it is loaded from
// node_modules; its types are in vite.d.ts.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const COMMAND = fileURLToPath(new URL('holo.js', import.meta.url))
const COMMIT_CHARACTERS = 12
const GIT_TIMEOUT_MS = 5000

/** @param {import('./vite.d.ts').HoloOptions} options */
export function holo(options = {}) {
  const isWanted = options.publish ?? process.env.HOLO_PUBLISH === '1'
  let root = process.cwd()
  let folder = 'dist'
  let isWritten = false
  return {
    name: 'holo',
    apply: /** @type {const} */ ('build'),
    /** Where a server is built as well, only the part for browsers is published. */
    applyToEnvironment: (/** @type {{ name: string }} */ { name }) => name === 'client',
    configResolved(
      /** @type {{ root: string, build: { outDir: string, watch?: unknown } }} */ {
        root: at,
        build,
      },
    ) {
      root = at
      folder = resolve(at, build.outDir)
    },
    writeBundle() {
      isWritten = true
    },
    closeBundle: {
      order: /** @type {const} */ ('post'),
      sequential: true,
      /** Also called after a build that has failed, which has written nothing. */
      async handler() {
        if (!isWanted || !isWritten) return
        isWritten = false
        const version = options.version ?? process.env.HOLO_VERSION ?? (await readCommit(root))
        const at = options.target === undefined ? [] : ['--target', options.target]
        const services = Object.entries(options.services ?? {}).flatMap(([prefix, origin]) => {
          return ['--service', `${prefix}=${origin}`]
        })
        await run(root, ['publish', folder, '--version', version, ...services, ...at])
        if (options.preview !== false) await run(root, ['preview', version, ...at])
      },
    },
  }
}

/** @param {string} cwd @param {readonly string[]} args */
async function run(cwd, args) {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, stdio: 'inherit' })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`holo ${args[0]} ended with exit code ${code}`)
}

/** @param {string} cwd */
async function readCommit(cwd) {
  const known = process.env.GITHUB_SHA ?? process.env.CI_COMMIT_SHA
  if (known) return known.slice(0, COMMIT_CHARACTERS)
  try {
    const git = ['rev-parse', `--short=${COMMIT_CHARACTERS}`, 'HEAD']
    const { stdout } = await promisify(execFile)('git', git, { cwd, timeout: GIT_TIMEOUT_MS })
    return stdout.trim()
  } catch {
    throw new Error(
      'holo: name the version with the option "version", or HOLO_VERSION: there is no commit',
    )
  }
}
