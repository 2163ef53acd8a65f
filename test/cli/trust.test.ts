// A repository that was cloned is not trusted: its holo.json gets no token to a host of its own, reads no
// file outside of it, hangs nothing, has nothing run, and no answer fills the memory.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAuthorship } from '../../src/cli/git.ts'
import { keepToken } from '../../src/cli/kept-tokens.ts'
import { holo, type RunOptions } from '../support/cli.ts'

const TOKEN = `holo_${'0'.repeat(16)}_${'s'.repeat(43)}`
const SECRET = 'a secret of this machine'

let stranger: Server
let origin: string
/** What the stranger's server was sent. */
let received: { path: string; authorization: string | undefined }[] = []
let answer: (write: (text: string) => boolean, end: () => void) => void

let base: string
let project: string
let home: string

beforeAll(async () => {
  stranger = createServer((request, response) => {
    received.push({ path: request.url ?? '', authorization: request.headers.authorization })
    response.setHeader('content-type', 'application/json')
    answer(
      (text) => response.write(text),
      () => response.end(),
    )
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
})
afterAll(() => {
  stranger.close()
  stranger.closeAllConnections()
})

beforeEach(async () => {
  received = []
  answer = (_, end) => end()
  base = await mkdtemp(join(tmpdir(), 'holo-trust-'))
  project = join(base, 'project')
  home = join(base, 'config')
  await mkdir(project)
  await writeFile(join(base, 'outside'), SECRET)
  return () => rm(base, { recursive: true, force: true })
})

const write = (config: object, name = 'holo.json') =>
  writeFile(join(project, name), JSON.stringify(config))
const run = (args: readonly string[], { env, ...options }: RunOptions = {}) =>
  holo(args, { cwd: project, ...options, env: { XDG_CONFIG_HOME: home, ...env } })
const withToken = { env: { HOLO_TOKEN: TOKEN } }

describe('a holo.json that names a host', () => {
  beforeEach(() => write({ targets: { production: { url: origin } } }))

  it('gets no token, and nothing else, before the host was trusted', async () => {
    const { code, stderr } = await run(['status'], withToken)
    expect(code).toBe(1)
    expect(stderr).toContain(`holo login ${origin}`)
    expect(stderr).toContain(`HOLO_URL=${origin}`)
    expect(stderr).not.toContain(TOKEN)
    expect(received).toEqual([])
  })

  it('gets no token that was kept for it once the host is forgotten', async () => {
    await keepToken(origin, TOKEN, { XDG_CONFIG_HOME: home }, 'file')
    await run(['login', origin])
    await run(['status'])
    expect(received.map(({ authorization }) => authorization)).toContain(`Bearer ${TOKEN}`)
    await run(['login', origin, '--forget'])
    received = []
    const { code, stderr } = await run(['status'])
    expect(code).toBe(1)
    expect(stderr).toContain(`holo login ${origin}`)
    expect(received).toEqual([])
  })

  it.each([
    ['with HOLO_URL for another host', { HOLO_URL: 'https://shop.example.com' }],
    ['with HOLO_URL for another port', { HOLO_URL: 'http://127.0.0.1:1' }],
    ['with HOLO_URL that has the host as a user', { HOLO_URL: 'http://127.0.0.1@example.com' }],
  ])('gets none %s', async (_, more) => {
    const { code } = await run(['status', '--target', 'production'], {
      env: { HOLO_TOKEN: TOKEN, ...more },
    })
    expect([code, received]).toEqual([1, []])
  })

  it('gets it after "holo login", and none after it was forgotten', async () => {
    expect(await run(['login', origin, '--json'])).toMatchObject({
      code: 0,
      json: { ok: true, url: origin, trusted: [origin] },
    })
    await run(['status'], withToken)
    expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`)
    expect((await run(['login', '--list'])).stdout).toBe(`${origin}\n`)
    expect((await run(['login', origin, '--forget'])).code).toBe(0)
    received = []
    expect((await run(['status'], withToken)).code).toBe(1)
    expect(received).toEqual([])
  })

  it('gets it after a yes on a terminal, once and for all', async () => {
    const no = await run(['status'], { ...withToken, typed: '\n' })
    expect([no.code, received]).toEqual([1, []])
    await run(['status'], { ...withToken, typed: 'y\n' })
    expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`)
    received = []
    await run(['status'], withToken)
    expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })

  it('gets it where HOLO_URL beside HOLO_TOKEN names the host', async () => {
    const env = { HOLO_TOKEN: TOKEN, HOLO_URL: `${origin}/` }
    await run(['status', '--target', 'production'], { env })
    await run(['status'], { env })
    await run(['status', '--url', origin], withToken)
    const sent = received.filter(({ authorization }) => authorization === `Bearer ${TOKEN}`)
    expect(sent.length).toBe(received.length)
    expect(received.length).toBeGreaterThan(2)
    expect(existsSync(join(home, 'holo'))).toBe(false)
  })

  it('is asked without a question where there is no token to give', async () => {
    const { stderr } = await run(['status'])
    expect(stderr).not.toContain('holo login')
    expect(received[0]?.authorization).toBeUndefined()
  })

  it('is trusted by "holo init", whose address somebody typed', async () => {
    await rm(join(project, 'holo.json'))
    expect((await run(['init', '--url', origin])).code).toBe(0)
    await run(['status'], withToken)
    expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })
})

describe('the list of trusted hosts', () => {
  it('is for this user alone', async () => {
    await run(['login', origin])
    const file = join(home, 'holo', 'trusted-hosts.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, 'holo'))).mode & 0o777).toBe(0o700)
    expect(await readFile(file, 'utf8')).not.toContain(TOKEN)
  })

  it('is never taken from what is no file of that form', async () => {
    await mkdir(join(home, 'holo'), { recursive: true })
    await write({ targets: { production: { url: origin } } })
    for (const text of ['{', '{}', `{"origins":"${origin}"}`, `["${origin}"]`]) {
      await writeFile(join(home, 'holo', 'trusted-hosts.json'), text)
      expect([text, (await run(['status'], withToken)).code]).toEqual([text, 2])
    }
    expect(received).toEqual([])
  })

  it('is for http:// on this machine only', async () => {
    expect((await run(['login', 'http://shop.example.com'])).code).toBe(2)
    expect((await run(['login', 'http://localhost.example.com'])).code).toBe(2)
  })
})

describe('a token', () => {
  it.each([
    'AWS_SECRET_ACCESS_KEY',
    'PATH',
    'holo_TOKEN',
    'XHOLO_TOKEN',
    'HOLO',
    'HOLO_',
    'HOLO_A B',
  ])('is no variable such as %s', async (tokenEnv) => {
    await write({ targets: { production: { url: origin, tokenEnv } } })
    await run(['login', origin])
    const { code, stderr } = await run(['status'], { env: { [tokenEnv]: SECRET } })
    expect([code, stderr.includes('begins with HOLO_'), received]).toEqual([2, true, []])
  })

  const read = async (tokenFile: string) => {
    await write({ targets: { production: { url: origin, tokenFile } } })
    await run(['login', origin])
    return run(['status'])
  }

  it('is read from a file of the project, or of the own folder of the user', async () => {
    await writeFile(join(project, 'token'), `${TOKEN}\n`)
    await read('token')
    expect(received.at(-1)?.authorization).toBe(`Bearer ${TOKEN}`)
    await mkdir(join(home, 'holo'), { recursive: true })
    await writeFile(join(home, 'holo', 'other'), `${TOKEN}x`)
    await read(join(home, 'holo', 'other'))
    expect(received.at(-1)?.authorization).toBe(`Bearer ${TOKEN}x`)
  })

  it.each([
    ['above the project', async () => '../outside'],
    ['above the project, by a way round', async () => 'a/../../outside'],
    ['elsewhere', async () => join(base, 'outside')],
    ['of the home, but not of its own folder', async () => '~/.ssh/id_ed25519'],
    ['beside the own folder', async () => join(home, 'holo', '..', 'x')],
    [
      'a link',
      async () => {
        await symlink(join(base, 'outside'), join(project, 'link'))
        return 'link'
      },
    ],
    [
      'behind a link',
      async () => {
        await symlink(base, join(project, 'folder'))
        return 'folder/outside'
      },
    ],
    [
      'a link within the project',
      async () => {
        await writeFile(join(project, 'token'), TOKEN)
        await symlink('token', join(project, 'inner'))
        return 'inner'
      },
    ],
    [
      'a pipe',
      async () => {
        execFileSync('mkfifo', [join(project, 'pipe')])
        return 'pipe'
      },
    ],
    ['a device', async () => '/dev/zero'],
    [
      'too long',
      async () => {
        await writeFile(join(project, 'long'), 'x'.repeat(5000))
        return 'long'
      },
    ],
  ])('is no file %s, and nothing of it is said', async (_, make) => {
    const { code, stderr } = await read(await make())
    expect([code, received]).toEqual([2, []])
    expect(stderr).toContain('the token cannot be read')
    expect(stderr).not.toContain(SECRET)
  })
})

describe('a holo.json', () => {
  it.each([
    ['a pipe', () => execFileSync('mkfifo', [join(project, 'holo.json')])],
    ['a link out of the project', () => symlink(join(base, 'outside'), join(project, 'holo.json'))],
    ['a link to a device', () => symlink('/dev/zero', join(project, 'holo.json'))],
    ['larger than any', () => writeFile(join(project, 'holo.json'), ' '.repeat(2_000_000))],
  ])('that is %s is refused at once, and nothing of it is quoted', async (_, make) => {
    await make()
    const { code, stderr } = await run(['status'], withToken)
    expect(code).toBe(2)
    expect(stderr).not.toContain('secret')
  })

  it('that is no JSON is refused without a word of it', async () => {
    await writeFile(join(project, 'holo.json'), SECRET)
    const { code, stderr } = await run(['status'])
    expect([code, stderr.includes('is not JSON')]).toEqual([2, true])
    for (const word of SECRET.split(' ').slice(1)) expect(stderr).not.toContain(word)
  })

  it.each([
    ['above it', () => write({ publish: { folder: '../elsewhere' } })],
    ['anywhere', () => write({ publish: { folder: join('..', '..', '..', '..', 'etc') } })],
    [
      'behind a link',
      async () => {
        await symlink(join(base, 'elsewhere'), join(project, 'build'))
        await write({ publish: { folder: 'build' } })
      },
    ],
    [
      'behind a link that no setting names',
      () => symlink(join(base, 'elsewhere'), join(project, 'dist')),
    ],
  ])('publishes no folder %s, unless somebody types it', async (_, make) => {
    await mkdir(join(base, 'elsewhere'))
    await writeFile(join(base, 'elsewhere', 'id'), SECRET)
    await make()
    const env = { HOLO_TOKEN: TOKEN, HOLO_URL: origin }
    const refused = await run(['publish', '--version', '1'], { env })
    expect([refused.code, received]).toEqual([2, []])
    expect(refused.stderr).toContain('must be named on the command line')
    const typed = await run(['publish', join(base, 'elsewhere'), '--version', '1'], { env })
    expect(typed.stderr).not.toContain('must be named on the command line')
  })
})

describe('a reply', () => {
  it('without end is cut off', async () => {
    await run(['login', origin])
    await write({ targets: { production: { url: origin } } })
    const chunk = ' '.repeat(1024 * 1024)
    let sent = 0
    answer = (send) => {
      const fill = () => {
        if (sent > 200 || stranger.listening === false) return
        sent++
        if (send(chunk)) setImmediate(fill)
        else setTimeout(fill, 1)
      }
      fill()
    }
    const { code, stderr } = await run(['log'], withToken)
    expect([code, stderr.includes('sent a reply of more than')]).toEqual([3, true])
    expect(sent).toBeLessThan(200)
  })

  it('that leads elsewhere takes no token there', async () => {
    const status = await run(['log', '--url', origin], withToken)
    expect(status.code).toBe(3)
    expect(received).toHaveLength(1)
  })
})

describe('git', () => {
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd })
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1' }

  /** A repository with one commit and a changed file, and a program that leaves a mark when it is run. */
  async function makeRepository() {
    const mark = join(base, 'mark')
    const program = join(base, 'program')
    await writeFile(program, `#!/bin/sh\necho run >> ${mark}\ncat\n`)
    await chmod(program, 0o755)
    git(project, 'init', '-q')
    await writeFile(join(project, 'file'), 'one')
    await writeFile(join(project, '.gitattributes'), '* filter=a=b\nother filter=plain\n')
    await writeFile(join(project, 'other'), 'one')
    git(project, 'add', '-A')
    git(project, 'commit', '-qm', 'first')
    return { mark, program }
  }

  it('tells commit, author, and whether anything has changed', async () => {
    await makeRepository()
    const clean = await readAuthorship(project, env)
    expect(clean).toEqual({
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      ...{ author: 'A <a@example.com>', isDirty: false },
    })
    await writeFile(join(project, 'file'), 'two')
    expect((await readAuthorship(project, env)).isDirty).toBe(true)
  })

  /** The last commit once more, with a signature that nobody has made. */
  function signLastCommit() {
    const text = git(project, 'cat-file', 'commit', 'HEAD').toString()
    const signature = ['-----BEGIN PGP SIGNATURE-----', '', 'x', '-----END PGP SIGNATURE-----']
    const signed = text.replace('\n\n', `\ngpgsig ${signature.join('\n ')}\n\n`)
    const made = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
      cwd: project,
      input: signed,
    })
    git(project, 'update-ref', 'HEAD', made.toString().trim())
  }

  it.each([
    ['its monitor', ['core.fsmonitor']],
    ['a filter', ['filter.plain.clean']],
    ['a filter that has a "=" in its name', ['filter.a=b.clean']],
    ['a filter process', ['filter.plain.process']],
    ['what checks signatures', ['gpg.program']],
    ['a pager', ['core.pager', 'pager.log', 'pager.status']],
    ['what shows differences', ['diff.external']],
  ])('does not run %s', async (_, names) => {
    const { mark, program } = await makeRepository()
    signLastCommit()
    for (const name of names) git(project, 'config', name, program)
    git(project, 'config', 'log.showSignature', 'true')
    await writeFile(join(project, 'file'), 'two')
    await writeFile(join(project, 'other'), 'two')
    const found = await readAuthorship(project, env)
    expect(existsSync(mark)).toBe(false)
    expect(found.isDirty).toBe(true)
  })

  it('runs no hook', async () => {
    const { mark, program } = await makeRepository()
    for (const hook of ['post-index-change', 'reference-transaction', 'fsmonitor-watchman']) {
      await writeFile(join(project, '.git', 'hooks', hook), await readFile(program))
      await chmod(join(project, '.git', 'hooks', hook), 0o755)
    }
    // A file that has a newer time and the same content makes git write its index.
    await writeFile(join(project, 'file'), 'one')
    await readAuthorship(project, env)
    expect(existsSync(mark)).toBe(false)
  })

  it('takes no folder that was committed for a repository of its own', async () => {
    const { mark, program } = await makeRepository()
    const dist = join(project, 'dist')
    execFileSync('git', ['init', '-q', '--bare', dist])
    git(project, 'push', '-q', dist, 'HEAD:refs/heads/master', 'HEAD:refs/heads/main')
    execFileSync('git', ['config', '-f', join(dist, 'config'), 'core.fsmonitor', program])
    execFileSync('git', ['config', '-f', join(dist, 'config'), 'core.worktree', dist])
    execFileSync('git', ['config', '-f', join(dist, 'config'), 'core.bare', 'false'])
    const { GITHUB_SHA: _, CI_COMMIT_SHA: __, ...bare }: NodeJS.ProcessEnv = env
    expect((await readAuthorship(dist, bare)).commit).toBeUndefined()
    expect(existsSync(mark)).toBe(false)
  })

  it('does not look into a repository that was committed as a part of this one', async () => {
    const { mark, program } = await makeRepository()
    const part = join(project, 'part')
    git(project, 'init', '-q', part)
    await writeFile(join(part, '.gitattributes'), '* filter=own\n')
    await writeFile(join(part, 'file'), 'one')
    git(part, 'add', '-A')
    git(part, 'commit', '-qm', 'part')
    git(project, '-c', 'advice.addEmbeddedRepo=false', 'add', 'part')
    git(project, 'commit', '-qm', 'second')
    git(part, 'config', 'filter.own.clean', program)
    await writeFile(join(part, 'file'), 'two')
    await readAuthorship(project, env)
    expect(existsSync(mark)).toBe(false)
  })

  it('is not waited for without end', async () => {
    const bin = join(base, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'git'), '#!/bin/sh\nexec sleep 600\n')
    await chmod(join(bin, 'git'), 0o755)
    const slow = { PATH: `${bin}:${process.env.PATH}` }
    expect(await readAuthorship(project, slow)).toEqual({ isDirty: false })
  })

  it('fetches nothing that the repository says to have elsewhere', async () => {
    const { mark, program } = await makeRepository()
    for (const [name, value] of [
      ['core.repositoryformatversion', '1'],
      ['extensions.partialClone', 'origin'],
      ['remote.origin.url', `ext::${program}`],
      ['remote.origin.promisor', 'true'],
      ['protocol.ext.allow', 'always'],
    ] as const) {
      git(project, 'config', name, value)
    }
    const tree = git(project, 'rev-parse', 'HEAD^{tree}').toString().trim()
    await rm(join(project, '.git', 'objects', tree.slice(0, 2), tree.slice(2)), { force: true })
    await readAuthorship(project, env)
    expect(existsSync(mark)).toBe(false)
  })
})
