// `holo mcp` and a client that means harm or is broken: what it sends is never more than a call of the tools that it may
// use, calls at once do not exceed the budget together, and the server answers the next one.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type CallToolResult, Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_PATH } from '../../src/wire/api-path.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { HOLO, makeConfigHome, NODE } from '../support/cli.ts'

let edge: AdminEdge
let agentToken: string
/** Of one agent, with one token: each has a process of its own. */
let agents: Client[]

const toEnv = () => ({
  HOLO_URL: edge.url.origin,
  HOLO_TOKEN: agentToken,
  XDG_CONFIG_HOME: makeConfigHome(),
  PATH: process.env.PATH ?? '',
})
const ARGS = [HOLO, 'mcp', '--allow-changes']

async function connect(): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const transport = { command: NODE, args: ARGS, env: toEnv(), stderr: 'ignore' as const }
  await client.connect(new StdioClientTransport(transport))
  return client
}

beforeAll(async () => {
  edge = await startAdminEdge()
  const json = { name: 'agent', scopes: ['read', 'shift'], budget: { maxShare: 1 } }
  const made = await edge.call('POST', `${API_PATH}/tokens`, { token: FIRST_TOKEN, json })
  agentToken = JSON.parse(made.body).token
  agents = await Promise.all([connect(), connect()])
})
afterAll(async () => {
  await Promise.all((agents ?? []).map((client) => client.close()))
  await edge?.stop()
})

const call = async (client: Client | undefined, name: string, args: Record<string, unknown> = {}) =>
  (await client?.callTool({ name, arguments: args })) as CallToolResult
const readTraffic = async () =>
  JSON.parse((await edge.call('GET', `${API_PATH}/traffic`, { token: FIRST_TOKEN })).body)
const readDocument = async () =>
  JSON.parse((await edge.call('GET', `${API_PATH}/assignments`, { token: FIRST_TOKEN })).body)

describe('calls at once', () => {
  it('do not exceed the budget together, by however many tools and processes', async () => {
    const { revision } = await readDocument()
    const tries = Array.from({ length: 8 }, (_, n) => n).flatMap((n) => {
      const client = agents[n % agents.length]
      const ifRevision = revision + (n >> 1)
      return [
        call(client, 'putTraffic', { ifRevision, body: { weights: { canary: 1 } } }),
        call(client, 'putTraffic', { ifRevision, body: { weights: { canary: 2 + n } } }),
        call(client, 'postSwap', { ifRevision, body: { environments: ['main', 'canary'] } }),
        call(client, 'putEnvironmentsName', { ifRevision, name: 'main', body: { version: 'v2' } }),
      ]
    })
    const answers = await Promise.all(tries)
    const done = answers.filter(({ isError }) => !isError)
    expect(done.length).toBeGreaterThan(0)
    expect(done.length).toBeLessThanOrEqual(8)
    expect((await readDocument()).environments.main.version).toBe('v1')
    expect((await readTraffic()).weights).toMatchObject({ main: 99, canary: 1 })
  })

  it('may be cancelled: the server answers the others, and the next one', async () => {
    const [agent] = agents
    const cancelled = Array.from({ length: 10 }, () => {
      const ending = new AbortController()
      const called = agent
        ?.callTool({ name: 'getTraffic', arguments: {} }, { signal: ending.signal })
        .catch(() => 'cancelled')
      ending.abort()
      return called
    })
    const others = Array.from({ length: 10 }, () => call(agent, 'getTraffic'))
    for (const { isError } of await Promise.all(others)) expect(isError ?? false).toBe(false)
    expect(await Promise.all(cancelled)).toContain('cancelled')
  })
})

describe('what a call holds', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'putAssignments',
    '../tokens',
  ])('is no tool under the name %s', async (name) => {
    const called = await call(agents[0], name, {}).catch((cause: Error) => cause.message)
    expect(JSON.stringify(called)).toMatch(/not found|disabled|"isError":true/i)
  })

  it('leads to no other path, brings no header and no query of its own', async () => {
    edge.log.length = 0
    const names = [
      ...['..', '.', '', '%2e%2e', '..%2ftokens', '../tokens', '..\\tokens', 'a/../../tokens'],
      ...[
        'main?dryRun=false',
        'main#x',
        'main\r\nHost: evil.example.com',
        '\u0000',
        '//evil.example.com',
      ],
      ...['https://evil.example.com/', '__proto__', 'constructor'],
    ]
    for (const name of names) {
      const called = await call(agents[0], 'getEnvironmentsName', { name })
      expect([name, called.isError]).toEqual([name, true])
      expect(JSON.stringify(called.content)).not.toContain('"scopes"')
    }
    const { revision } = await readDocument()
    for (const args of [
      { ifRevision: `${revision}\r\nAuthorization: Bearer x`, body: { weights: { canary: 0 } } },
      { ifRevision: revision, body: { weights: { canary: 0 } }, authorization: 'Bearer x' },
      { ifRevision: revision, body: { weights: { canary: 0 } }, dryRun: 'true&token=x' },
      { ifRevision: [revision], body: { weights: { canary: 0 } } },
      { ifRevision: 1e308, body: { weights: { canary: 0 } } },
    ]) {
      expect((await call(agents[0], 'putTraffic', args)).isError).toBe(true)
    }
    expect((await readDocument()).revision).toBe(revision)
  })

  it('may be as deep, long or odd as it likes', async () => {
    const deep = JSON.parse(`${'{"and":['.repeat(2000)}true${']}'.repeat(2000)}`)
    const bodies: unknown[] = [
      { rules: [{ name: 'x', when: deep, environment: 'canary' }] },
      { weights: Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`e${n}`, 0])) },
      { weights: { canary: 'x'.repeat(2_000_000) } },
      JSON.parse('{"__proto__": {"weights": {"canary": 1}}, "constructor": {"prototype": 1}}'),
      { weights: JSON.parse('{"__proto__": 1}') },
      { weights: { canary: -0.000001 } },
      [],
      null,
    ]
    const { revision: ifRevision } = await readDocument()
    const accepted: unknown[] = []
    for (const body of bodies) {
      for (const name of ['putTraffic', 'putRules']) {
        const called = await call(agents[0], name, { ifRevision, body })
        if (!called.isError)
          accepted.push([name, bodies.indexOf(body), JSON.stringify(called.content)])
        expect(JSON.stringify(called.content).length).toBeLessThan(50_000)
      }
    }
    expect(accepted).toEqual([])
    expect((await readDocument()).revision).toBe(ifRevision)
    expect((await call(agents[0], 'getWhoami')).isError ?? false).toBe(false)
  })
})

describe('a client that does not keep to the protocol', () => {
  it('gets an answer to its next good message, and an end with a sentence if one is endless', async () => {
    const child = spawn(NODE, ARGS, { env: toEnv() })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    child.stdin.on('error', () => undefined)
    const ended = once(child, 'close')
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    send(child, 'nonsense', '{', '[]', 'null', '{"jsonrpc":"1.0","id":1,"method":"ping"}', '\u0000')
    const capabilities = {}
    const clientInfo = { name: 'raw', version: '1' }
    const params = { protocolVersion: '2025-11-25', capabilities, clientInfo }
    send(child, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'initialize', params }))
    let answer: { id?: unknown; result?: { serverInfo?: unknown } } = {}
    while (answer.id !== 7) answer = JSON.parse(String((await lines.next()).value))
    expect(answer.result?.serverInfo).toMatchObject({ name: 'holo' })
    const part = 'x'.repeat(1024 * 1024)
    for (let count = 0; count < 12; count++) child.stdin.write(part)
    const [code] = await ended
    expect(code).toBe(1)
    expect(said).toContain('a message of more than 10485760 bytes')
  })
})

function send(child: ChildProcessWithoutNullStreams, ...messages: readonly string[]): void {
  for (const message of messages) child.stdin.write(`${message}\n`)
}
