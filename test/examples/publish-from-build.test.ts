// What publishes from a build: the GitHub action at the top of the repository, run by bash as GitHub would, and the
// Vite plugin in a real build. Both with a Holo that is there.

import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { holo } from '../../bin/vite.js'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { NODE } from '../support/cli.ts'
import { cleanEnvironment } from '../support/start-process.ts'
import { loadLinter } from '../support/workflow-linter.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COMMIT = 'c0ffee'.repeat(7).slice(0, 40)

let folder: string
let edge: AdminEdge
let action: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holo-build-'))
  await mkdir(join(folder, 'site/dist'), { recursive: true })
  await writeFile(join(folder, 'site/dist/index.html'), '<!doctype html><h1>built</h1>')
  await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="/a.js">')
  await writeFile(join(folder, 'a.js'), 'document.title = "built"')
  edge = await startAdminEdge()
  action = await readFile(join(ROOT, 'action.yml'), 'utf8')
})
afterAll(async () => {
  await edge?.stop()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => vi.unstubAllEnvs())

/** The variables of the step with the inputs filled in, and its script. */
function readStep(inputs: Readonly<Record<string, string>>) {
  const [, env = '', script = ''] = /^ {6}env:\n(.*?)^ {6}run: \|\n(.*)/ms.exec(action) ?? []
  const [, declared = ''] = /^inputs:\n(.*?)^outputs:/ms.exec(action) ?? []
  const blocks = declared.split(/^ {2}(?=[\w-]+:\n)/m).slice(1)
  const defaults = blocks.map((block) => {
    const [, given = ''] = /^ {4}default: "?([^"\n]*)"?$/m.exec(block) ?? []
    return [block.slice(0, block.indexOf(':')), given] as const
  })
  const values = { ...Object.fromEntries(defaults), ...inputs }
  const variables = [...env.matchAll(/^ {8}(\w+): \$\{\{ inputs\.([\w-]+) \}\}$/gm)]
  return {
    inputs: defaults.map(([name]) => name),
    variables: Object.fromEntries(
      variables.map(([, name = '', input = '']) => [name, values[input] ?? '']),
    ),
    script: script.replaceAll(/^ {8}/gm, ''),
  }
}

async function runAction(inputs: Readonly<Record<string, string>>) {
  const { variables, script } = readStep({ url: edge.url.origin, token: FIRST_TOKEN, ...inputs })
  const { PATH } = cleanEnvironment()
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')]
  for (const file of [output, summary]) await writeFile(file, '')
  const github = {
    GITHUB_ACTION_PATH: ROOT,
    GITHUB_SHA: COMMIT,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  }
  const { status, stderr } = spawnSync('bash', ['-c', script], {
    cwd: join(folder, 'site'),
    env: { PATH: `${dirname(NODE)}:${PATH}`, HOME: folder, ...github, ...variables },
    encoding: 'utf8',
  })
  return {
    status,
    stderr,
    output: await readFile(output, 'utf8'),
    summary: await readFile(summary, 'utf8'),
  }
}

const versions = async () =>
  (await edge.call('GET', '/.holo/api/versions', { token: FIRST_TOKEN })).body

describe('the action', () => {
  it('publishes the build folder under the id of the commit, and makes a link', async () => {
    const { status, stderr, output, summary } = await runAction({
      preview: 'true',
      services: '/api/=https://api.example.com\n/img/=https://img.example.com',
    })
    expect(status, stderr).toBe(0)
    const id = COMMIT.slice(0, 12)
    expect(output).toMatch(new RegExp(`^version=${id}\nlink=http://\\S+holo-preview=\\S+\n$`))
    expect(summary).toContain(`[${id}](http`)
    expect(await versions()).toContain(id)
  })

  it('fails with the command, and runs nothing of what it is given', async () => {
    const wrong = await runAction({ version: '$(touch here)' })
    expect([wrong.status, wrong.output]).toEqual([2, ''])
    expect(wrong.stderr).toContain('cannot be the id of a version')
  })

  it('is one that GitHub takes', async () => {
    const lint = await loadLinter()
    expect(await lint('action.yml', action)).toEqual([])
    expect(await lint('action.yml', action.replace('using:', 'usign:'))).not.toEqual([])
  })

  it('declares every input that it uses, and uses every input', () => {
    const used = [...action.matchAll(/\$\{\{ inputs\.([\w-]+) \}\}/g)].map(([, name]) => name)
    expect([...new Set(used)].sort()).toEqual([...readStep({}).inputs].sort())
  })
})

describe('the Vite plugin', () => {
  const make = (options: Parameters<typeof holo>[0]) =>
    build({ root: folder, logLevel: 'silent', configFile: false, plugins: [holo(options)] })

  it('publishes what was built, only when told', async () => {
    vi.stubEnv('HOLO_URL', edge.url.origin)
    vi.stubEnv('HOLO_TOKEN', FIRST_TOKEN)
    await make({ version: 'of-vite' })
    expect(await versions()).not.toContain('of-vite')
    await make({ version: 'of-vite', publish: true, preview: false })
    expect(await versions()).toContain('of-vite')
    await expect(make({ version: 'no spaces', publish: true })).rejects.toThrow('exit code 2')
  })
})
