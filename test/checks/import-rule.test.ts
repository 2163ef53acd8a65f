// The import rule is only worth what it catches: a violation of every kind is planted in a small
// tree, and the check has to name each of them and nothing else.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const CHECK = resolve('scripts/check-imports.ts')
const SURROUNDINGS = ['.dependency-cruiser.mjs', 'package.json']

/** A small tree that keeps the rule and has something to import in every place. */
const SOUND = {
  'src/core/names.ts': 'export const name = 1\n',
  'src/document/schema.ts':
    "import { name } from '../core/names.ts'\nexport type Schema = typeof name\n",
  'src/loading/load.ts': "export type { Schema } from '../document/schema.ts'\n",
  'src/assets/serve.ts': "import { name } from '../core/names.ts'\nexport const assets = name\n",
  'src/proxy/forward.ts': 'export const proxy = 1\n',
  'src/metrics/record.ts': 'export const record = 1\nexport type Count = number\n',
  'src/publish/walk.ts':
    "import { readdir } from 'node:fs/promises'\nexport const walk = readdir\n",
  'src/http/errors.ts': 'export const error = 1\n',
  'src/control/commands.ts': 'export const command = 1\n',
  'src/api/serve.ts':
    "import { command } from '../control/commands.ts'\nexport const api = command\n",
  'src/router.ts': "import { assets } from './assets/serve.ts'\nexport const router = assets\n",
}

type Planted = { kind: string; rule: string; file: string; text: string }

const PLANTED: Planted[] = [
  {
    kind: 'core that imports loading',
    rule: 'imports-of-core',
    file: 'src/core/upwards.ts',
    text: "import '../loading/load.ts'\n",
  },
  {
    kind: 'a type alone that core takes from document',
    rule: 'imports-of-core',
    file: 'src/core/typed.ts',
    text: "import type { Schema } from '../document/schema.ts'\nexport type Typed = Schema\n",
  },
  {
    kind: 'assets that import proxy',
    rule: 'imports-of-assets',
    file: 'src/assets/sideways.ts',
    text: "import '../proxy/forward.ts'\n",
  },
  {
    kind: 'http that imports assets',
    rule: 'imports-of-http',
    file: 'src/http/upwards.ts',
    text: "import '../assets/serve.ts'\n",
  },
  {
    kind: 'a part that imports the router',
    rule: 'imports-of-proxy',
    file: 'src/proxy/upwards.ts',
    text: "import '../router.ts'\n",
  },
  {
    kind: 'the Worker that imports publishing',
    rule: 'imports-of-worker',
    file: 'src/worker.ts',
    text: "import './publish/walk.ts'\n",
  },
  {
    kind: 'a command that loads the document as the edge does',
    rule: 'imports-of-cli',
    file: 'src/cli/reload.ts',
    text: "import '../loading/load.ts'\n",
  },
  {
    kind: 'the schema of the document that imports the loading of it',
    rule: 'imports-of-document',
    file: 'src/document/upwards.ts',
    text: "import '../loading/load.ts'\n",
  },
  {
    kind: 'loading that imports http',
    rule: 'imports-of-loading',
    file: 'src/loading/sideways.ts',
    text: "import '../http/errors.ts'\n",
  },
  {
    kind: 'wire that imports the control',
    rule: 'imports-of-wire',
    file: 'src/wire/upwards.ts',
    text: "import '../control/commands.ts'\n",
  },
  {
    kind: 'a package wire may not use',
    rule: 'packages-of-wire',
    file: 'src/wire/checked.ts',
    text: "import 'hono'\n",
  },
  {
    kind: 'control that imports the API over it',
    rule: 'imports-of-control',
    file: 'src/control/upwards.ts',
    text: "import '../api/serve.ts'\n",
  },
  {
    kind: 'the API that imports publishing',
    rule: 'imports-of-api',
    file: 'src/api/sideways.ts',
    text: "import '../publish/walk.ts'\n",
  },
  {
    kind: 'publishing that imports assets',
    rule: 'imports-of-publish',
    file: 'src/publish/sideways.ts',
    text: "import '../assets/serve.ts'\n",
  },
  {
    kind: 'a dashboard that takes a schema of wire, and zod with it',
    rule: 'wire-is-types-for-the-dashboard',
    file: 'src/dashboard/schema.ts',
    text: "import { rule } from '../wire/rules.ts'\nexport const shape = rule\n",
  },
  {
    kind: 'a dashboard with a package that it has no need of',
    rule: 'packages-of-dashboard',
    file: 'src/dashboard/packed.ts',
    text: "import { z } from 'zod'\nexport const packed = z\n",
  },
  {
    kind: 'a part of the Worker that bundles the dashboard',
    rule: 'imports-of-act',
    file: 'src/act.ts',
    text: "import './dashboard/page.ts'\n",
  },
  {
    kind: 'a dashboard that imports the control',
    rule: 'imports-of-dashboard',
    file: 'src/dashboard/direct.ts',
    text: "import '../control/commands.ts'\n",
  },
  {
    kind: 'control that runs code of metrics',
    rule: 'metrics-types-only',
    file: 'src/control/count.ts',
    text: "import { record } from '../metrics/record.ts'\nrecord\n",
  },
  {
    kind: "Node's file system in core",
    rule: 'node-only-in-publish-local-and-cli',
    file: 'src/core/disk.ts',
    text: "import 'node:fs'\n",
  },
  {
    kind: 'a package core may not use',
    rule: 'packages-of-core',
    file: 'src/core/checked.ts',
    text: "import 'zod'\n",
  },
  {
    kind: 'code of a development package',
    rule: 'no-development-packages',
    file: 'src/http/random.ts',
    text: "import 'fast-check'\n",
  },
  {
    kind: 'a file outside src',
    rule: 'src-stands-alone',
    file: 'src/http/outside.ts',
    text: "import '../../test/fake.ts'\n",
  },
  {
    kind: 'an import of a file that is not there',
    rule: 'src-stands-alone',
    file: 'src/http/lost.ts',
    text: "import './gone.ts'\n",
  },
  {
    kind: 'two files that import each other',
    rule: 'no-cycles',
    file: 'src/core/chicken.ts',
    text: "import './egg.ts'\n",
  },
  {
    kind: 'a barrel',
    rule: 'no-barrels',
    file: 'src/http/through-barrel.ts',
    text: "import '../core/index.ts'\n",
  },
  {
    kind: 'a file named helpers',
    rule: 'names-that-say-something',
    file: 'src/http/helped.ts',
    text: "import './helpers.ts'\n",
  },
  {
    kind: 'a folder the table does not know',
    rule: 'known-parts',
    file: 'src/novelty/new.ts',
    text: "import '../core/names.ts'\n",
  },
]

/** What the planted files need to be wrong in one way only. */
const ACCOMPLICES = {
  'src/core/egg.ts': "import './chicken.ts'\n",
  'src/core/index.ts': "export * from './names.ts'\n",
  'src/http/helpers.ts': 'export const helped = 1\n',
  'src/dashboard/page.ts': 'export const page = 1\n',
  'src/wire/rules.ts': 'export const rule = 1\n',
  'test/fake.ts': 'export const fake = 1\n',
}

const trees: string[] = []

/** A copy of the check's surroundings with these files in it. */
function plant(files: Record<string, string>): string {
  const tree = mkdtempSync(join(tmpdir(), 'holo-imports-'))
  trees.push(tree)
  for (const name of SURROUNDINGS) cpSync(name, join(tree, name))
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true })
    writeFileSync(join(tree, name), text)
  }
  return tree
}

function check(tree: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK], {
    cwd: tree,
    encoding: 'utf8',
  })
  const faults = [...stderr.matchAll(/^ {2}([a-z-]+): (\S+)/gm)]
  return { status, stdout, stderr, faults: faults.map(([, rule, file]) => `${rule} ${file}`) }
}

afterAll(() => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true })
})

describe('the import rule', () => {
  it('is kept by this repository', () => {
    const { status, stdout, stderr } = check('.')
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^Import rule: \d+ files of src keep it\.\n$/)
    expect(status).toBe(0)
  })

  it('lets a sound tree pass', () => {
    expect(check(plant(SOUND))).toMatchObject({ status: 0, stderr: '' })
  })

  describe('on a tree that breaks it', () => {
    const bad = Object.fromEntries(PLANTED.map(({ file, text }) => [file, text]))
    let found: ReturnType<typeof check>
    beforeAll(() => {
      found = check(plant({ ...SOUND, ...ACCOMPLICES, ...bad }))
    })

    it('fails', () => {
      expect(found.status).toBe(1)
    })

    it.each(PLANTED)('names $kind', ({ rule, file }) => {
      expect(found.faults.filter((fault) => fault.endsWith(` ${file}`))).toEqual([
        `${rule} ${file}`,
      ])
    })

    it('names nothing else', () => {
      expect(found.faults).toHaveLength(PLANTED.length)
    })
  })

  it('fails when the tool reads no file at all', () => {
    const tree = plant({ 'src/notes.md': 'nothing to see\n' })
    expect(check(tree)).toMatchObject({ status: 1, faults: ['not-read src'] })
  })

  it('fails when the tool leaves a file of src unread', () => {
    const tree = plant(SOUND)
    const config = "export default { forbidden: [], options: { exclude: 'router' } }\n"
    writeFileSync(join(tree, '.dependency-cruiser.mjs'), config)
    expect(check(tree)).toMatchObject({ status: 1, faults: ['not-read src/router.ts'] })
  })
})
