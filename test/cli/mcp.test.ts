// `holo mcp`, as the protocol's official client sees it: it lists tools and calls them, against a real Holo. An agent
// that may change something cannot exceed the budget of its token, whatever it asks for.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CallToolResult, Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_TOOL_REPLY_BYTES } from '../../src/cli/mcp/serve.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { API_PATH } from '../../src/wire/api-path.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { HOLO, holo, makeConfigHome, NODE } from '../support/cli.ts'

let edge: AdminEdge
let reader: Client
let agent: Client
let agentToken: string
const clients: Client[] = []

async function connect(
  token: string,
  args: readonly string[] = [],
  url = edge.url.origin,
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const env = {
    HOLO_URL: url,
    HOLO_TOKEN: token,
    XDG_CONFIG_HOME: makeConfigHome(),
    PATH: process.env.PATH ?? '',
  }
  const transport = { command: NODE, args: [HOLO, 'mcp', ...args], env, stderr: 'ignore' as const }
  await client.connect(new StdioClientTransport(transport))
  clients.push(client)
  return client
}

beforeAll(async () => {
  edge = await startAdminEdge()
  const json = {
    ...{ name: 'agent', scopes: ['read', 'shift'] },
    budget: { maxShare: 1, maxVisitors: 500 },
  }
  const made = await edge.call('POST', `${API_PATH}/tokens`, { token: FIRST_TOKEN, json })
  agentToken = JSON.parse(made.body).token
  reader = await connect(FIRST_TOKEN)
  agent = await connect(agentToken, ['--allow-changes'])
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await edge?.stop()
})

const call = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult
  const texts = result.content.flatMap((one) => (one.type === 'text' ? [one.text] : []))
  return { isError: result.isError ?? false, text: texts.join('\n') }
}
const names = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name)
const readDocument = async (): Promise<AssignmentsDocument> =>
  JSON.parse((await edge.call('GET', `${API_PATH}/assignments`, { token: FIRST_TOKEN })).body)
const readRevision = async () => (await readDocument()).revision

describe('the tools', () => {
  it('only read, unless changes are allowed, also for the first token', async () => {
    const { tools } = await reader.listTools()
    expect(tools.length).toBeGreaterThan(20)
    expect(tools.filter(({ annotations }) => !annotations?.readOnlyHint)).toEqual([])
    const called = await call(reader, 'putTraffic', { ifRevision: 1, body: {} }).catch(String)
    expect(JSON.stringify(called)).toContain('putTraffic')
    expect(await readRevision()).toBe(1)
  })

  it('are named and described as the API names and describes its operations', async () => {
    const { body } = await edge.call('GET', `${API_PATH}/openapi.json`)
    const listed = new Map((await reader.listTools()).tools.map((tool) => [tool.name, tool]))
    const operations = Object.values(JSON.parse(body).paths).flatMap((one) =>
      Object.values(one as object),
    )
    const found = operations.filter(({ operationId }) => listed.has(operationId))
    expect(found.length).toBe(listed.size)
    for (const { operationId, summary } of found) {
      expect(listed.get(operationId)?.description).toContain(summary)
      expect(listed.get(operationId)?.inputSchema.type).toBe('object')
    }
  })

  it('never make secrets, send data elsewhere, or touch what is stored', async () => {
    const everything = await connect(FIRST_TOKEN, ['--allow-changes', '--without-budget'])
    const { tools } = await everything.listTools()
    const changing = tools.filter(({ annotations }) => !annotations?.readOnlyHint)
    expect(changing.map(({ name }) => name).sort()).toEqual([
      ...[
        'deleteEnvironmentsName',
        'deleteFreeze',
        'deletePreviewsId',
        'postPreviews',
        'postRollback',
      ],
      ...['postRollouts', 'postRolloutsIdAbort', 'postRolloutsIdAdvance', 'postRolloutsIdPause'],
      ...['postRolloutsIdPromote', 'postRolloutsIdResume', 'postSwap', 'postWithdraw'],
      ...['putEnvironmentsName', 'putFlags', 'putFreeze', 'putRules', 'putTabPins', 'putTraffic'],
      ...['putVersionsVersionServices', 'putWindows'],
    ])
  })

  it('are those that the token has the scope for', async () => {
    expect(await names(agent)).toContain('putTraffic')
    expect(await names(agent)).not.toContain('putAssignments')
    const token = await edge.createToken(['read'])
    const looking = await connect(token, ['--allow-changes', '--without-budget'])
    const { tools } = await looking.listTools()
    expect(tools.filter(({ annotations }) => !annotations?.readOnlyHint)).toEqual([])
  })
})

describe('a call', () => {
  it('gives the reply of the API, and the revision that a change is based on', async () => {
    const { isError, text } = await call(reader, 'getTraffic')
    expect(isError).toBe(false)
    expect(text).toContain('"main"')
    expect(text).toMatch(/revision \d+ of the document$/)
  })

  it('takes parameters of path, query and body', async () => {
    expect((await call(reader, 'getEnvironmentsName', { name: 'canary' })).text).toContain('canary')
    expect((await call(reader, 'getRevisions', { limit: '1' })).isError).toBe(false)
    const asked = { body: { url: 'https://shop.example.com/', visitor: 'anna' } }
    expect((await call(reader, 'postExplain', asked)).text).toContain('"version"')
  })

  it.each<[string, string, Record<string, unknown>]>([
    ['a name that there is not', 'getEnvironmentsName', { name: 'nowhere' }],
    ['a path out of its place', 'getEnvironmentsName', { name: '..' }],
    ['an encoded path out of its place', 'getEnvironmentsName', { name: '../tokens' }],
    ['an argument that there is not', 'getTraffic', { host: 'evil.example.com' }],
    ['an argument that is missing', 'getEnvironmentsName', {}],
    ['a value of another type', 'getRevisions', { limit: { not: 'a number' } }],
    ['a body that the API does not take', 'postExplain', { body: 'anna' }],
  ])('with %s is a result that says so, and the server lives', async (_, name, args) => {
    const { isError, text } = await call(reader, name, args)
    expect(isError).toBe(true)
    expect(text.length).toBeGreaterThan(10)
    expect(text).not.toMatch(/^\s+at /m)
    expect((await call(reader, 'getWhoami')).isError).toBe(false)
  })
})

describe('holo mcp', () => {
  it('says when nothing answers, instead of a server without tools', async () => {
    const env = { HOLO_URL: 'http://127.0.0.1:9', HOLO_TOKEN: 'x'.repeat(40) }
    const { code, stdout, stderr } = await holo(['mcp'], { env })
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain('does not answer')
  })

  it('cuts no reply that is too long, but says what to do', async () => {
    const openApi = (await edge.call('GET', `${API_PATH}/openapi.json`)).body
    const server = createServer(({ url = '' }, response) => {
      const path = url.slice(API_PATH.length)
      const replies: Record<string, unknown> = {
        '/whoami': { actor: 'token', kind: 'token', scopes: ['read'] },
        '/openapi.json': JSON.parse(openApi),
      }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(replies[path] ?? { text: 'x'.repeat(MAX_TOOL_REPLY_BYTES) }))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const client = await connect('x'.repeat(40), [], `http://127.0.0.1:${port}`)
    const { isError, text } = await call(client, 'getAudit')
    server.close()
    expect(isError).toBe(true)
    expect(text).toContain('more than 262144 bytes')
    expect(text).toContain('limit')
  })

  it('lists its tools where somebody is at the terminal', async () => {
    const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: FIRST_TOKEN }
    const { code, stdout } = await holo(['mcp'], { env, typed: '', columns: 120 })
    expect(code).toBe(0)
    expect(stdout).toContain('getTraffic')
    expect(stdout).toContain('docs/mcp.md')
  })
})

describe('an agent with a budget', () => {
  it('is refused without one, with the command that makes one', async () => {
    const env = { HOLO_URL: edge.url.origin, HOLO_TOKEN: await edge.createToken(['read', 'shift']) }
    const { code, stderr, stdout } = await holo(['mcp', '--allow-changes'], { env })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('holo token create agent --scope shift --max-share 1')
  })

  it('changes what is within it', async () => {
    const revision = await readRevision()
    const within = { ifRevision: revision, body: { weights: { canary: 0 } }, dryRun: 'true' }
    expect(await call(agent, 'putTraffic', within)).toMatchObject({ isError: false })
    expect(await readRevision()).toBe(revision)
  })

  it('exceeds it by no tool, whatever it asks for', async () => {
    const before = await readDocument()
    const bodies: unknown[] = [
      { weights: { canary: 1 } },
      { weights: { canary: 2 } },
      { weights: { canary: 100 }, base: 'main' },
      { version: 'v2' },
      { version: 'v3', hosts: ['shop.example.com'], restricted: false },
      { environments: ['main', 'canary'] },
      { rules: [{ name: 'all', when: true, environment: 'canary' }] },
      { flags: { dark: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' } } },
      { version: 'v2', plan: 'instant' },
      { version: 'v1' },
      { to: 1 },
      { reason: 'nothing goes' },
      {},
    ]
    const { tools } = await agent.listTools()
    let refusals = 0
    for (const { name, annotations, inputSchema } of tools) {
      if (annotations?.readOnlyHint) continue
      const { properties = {} } = inputSchema
      const fixed = toFixed(Object.keys(properties))
      for (const body of 'body' in properties ? bodies : [undefined]) {
        const revision = 'ifRevision' in properties ? { ifRevision: await readRevision() } : {}
        const called = await call(agent, name, { ...fixed, ...revision, ...(body ? { body } : {}) })
        if (called.isError) refusals++
      }
    }
    expect(refusals).toBeGreaterThan(50)
    const after = await readDocument()
    expect(await readShareOf('v1', after)).toBeGreaterThanOrEqual(99)
    expect(after.rules).toEqual(before.rules)
    expect(after.flags).toEqual(before.flags)
    for (const { hosts } of Object.values(after.environments)) expect(hosts ?? []).toEqual([])
  }, 60_000)

  it('ends when its client leaves', async () => {
    const client = await connect(agentToken)
    const { pid } = client.transport as StdioClientTransport
    await client.close()
    await expect.poll(() => isRunning(pid)).toBe(false)
  })
})

/** Arguments of the path that lead somewhere. */
function toFixed(names: readonly string[]): Record<string, string> {
  const values = { name: 'main', version: 'v2', id: '1' }
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))
}

function isRunning(pid: number | null): boolean {
  try {
    return process.kill(pid ?? 0, 0)
  } catch {
    return false
  }
}

/** Percent of the visitors. */
async function readShareOf(
  version: string,
  { environments }: AssignmentsDocument,
): Promise<number> {
  const { body } = await edge.call('GET', `${API_PATH}/traffic`, { token: FIRST_TOKEN })
  const weights: Record<string, number> = JSON.parse(body).weights
  const shares = Object.entries(weights).map(([name, share]) =>
    environments[name]?.version === version ? share : 0,
  )
  return shares.reduce((sum, share) => sum + share, 0)
}
