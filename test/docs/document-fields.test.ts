// What docs/storage.md says of the fields of the document: which of them the edge reads, what the others
// take, and why none is held back from KV.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { countBytes, toContent } from '../../src/control/document/content.ts'
import { MAX_VERSIONS_ROOM_BYTES, measureRoom } from '../../src/control/document/room.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'

const page = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8')

type Versions = AssignmentsDocument['versions']

/** Each version has a service with a probe; visitors can reach every other one. */
function makeDocument(count: number): AssignmentsDocument {
  const versions: Versions = {}
  for (let i = 0; i < count; i++) {
    versions[`1.0.${i}`] = {
      manifest: i.toString(16).padStart(64, '0'),
      services: [
        {
          prefix: '/api/',
          origins: [`https://api-${i}.example.com`],
          probe: { path: '/health' },
        },
      ],
      ...(i % 2 === 0 ? { open: { main: 'bucket' } } : {}),
      published: `${new Date(Date.UTC(2026, 10, 1, i)).toISOString().slice(0, 19)}Z`,
    }
  }
  return {
    schema: 1,
    revision: 42,
    salt: 'shop',
    environments: { main: { version: '1.0.0' }, canary: { version: '1.0.2' } },
    traffic: { main: [[0, 9500]], canary: [[9500, 10_000]] },
    // As many as are remembered.
    spent: Array.from({ length: 200 }, (_, i) => [i * 40, i * 40 + 20] as [number, number]),
    versions,
    audit: 'a'.repeat(64),
  }
}

type Without = (document: AssignmentsDocument) => AssignmentsDocument

const ofVersions =
  (change: (version: Versions[string]) => Versions[string]): Without =>
  (document) => ({
    ...document,
    versions: Object.fromEntries(
      Object.entries(document.versions).map(([id, version]) => [id, change(version)]),
    ),
  })

const WITHOUT = {
  spent: ({ spent: _, ...rest }) => rest,
  audit: ({ audit: _, ...rest }) => rest,
  probe: ofVersions((version) => ({
    ...version,
    services: (version.services ?? []).map(({ probe: _, ...service }) => service),
  })),
  published: ofVersions(({ published: _, ...rest }) => rest),
  services: ofVersions((version) => {
    const { services: _, ...rest } = version
    return version.open === undefined ? rest : version
  }),
} satisfies Record<string, Without>

const sizeOf = (document: AssignmentsDocument) => countBytes(JSON.stringify(document))
const tell = (bytes: number) => bytes.toLocaleString('en')

describe('what the fields of the document take', () => {
  it.each(Object.entries(WITHOUT))('%s: as docs/storage.md says', (name, without) => {
    const sizes = [100, 800].map((count) => {
      const document = makeDocument(count)
      return tell(sizeOf(document) - sizeOf(without(document)))
    })
    const row = new RegExp(`\n\\| \`${name}\`[^|]*\\| ([\\d,]+) \\| ([\\d,]+) \\|`)
    expect(row.exec(page)?.slice(1)).toEqual(sizes)
  })

  it('all of it: as docs/storage.md says', () => {
    const sizes = [100, 800].map((count) => tell(sizeOf(makeDocument(count))))
    const told = /\n\| the whole document \| ([\d,]+) \| ([\d,]+) \|/.exec(page)?.slice(1)
    expect(told).toEqual(sizes)
  })

  it('without probes few more versions would fit, as docs/storage.md says', () => {
    const roomOf = (without: Without) => {
      const document = without(makeDocument(100))
      return measureRoom(toContent(document)).versions / 100
    }
    const [whole, less] = [roomOf((document) => document), roomOf(WITHOUT.probe)].map((bytes) =>
      Math.floor(MAX_VERSIONS_ROOM_BYTES / bytes),
    )
    const told = /(\d+) instead of (\d+) versions/.exec(page)?.slice(1)
    expect(told).toEqual([`${less}`, `${whole}`])
  })
})

describe('the edge', () => {
  const compile = (document: AssignmentsDocument) => {
    const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    return compileAssignments(parsed.value)
  }

  it.each(['spent', 'audit', 'probe'] as const)('does not read %s', (name) => {
    const document = makeDocument(20)
    expect(compile(WITHOUT[name](document))).toEqual(compile(document))
  })

  it('reads published: keys that are numbers keep no order of their own', () => {
    const document = makeDocument(3)
    const [a, b, c] = Object.values(document.versions)
    if (!a || !b || !c) throw new Error('no versions')
    const open = { main: 'bucket' } as const
    const versions = { a1: { ...a, open }, '9': { ...b, open }, '10': { ...c, open } }
    const environments = { main: { version: 'a1' } }
    const traffic = { main: [[0, 10_000] as [number, number]] }
    const named = { ...document, versions, environments, traffic }
    const searched = (one: AssignmentsDocument) => compile(one).searched.map(({ id }) => id)
    expect(searched(named)).toEqual(['a1', '10', '9'])
    const swapped = {
      ...named,
      versions: { ...versions, '9': { ...b, open, published: '2026-12-01T00:00:00Z' } },
    }
    expect(searched(swapped)).toEqual(['a1', '9', '10'])
  })

  it('serves a version from the moment in which an edit by hand points at it', () => {
    const document = makeDocument(4)
    const edited = {
      ...document,
      revision: 43,
      environments: { ...document.environments, canary: { version: '1.0.1' } },
    }
    expect(document.versions['1.0.1']?.open).toBeUndefined()
    expect(compile(edited).environments.get('canary')?.version.services).toHaveLength(1)
    expect(
      compile(WITHOUT.services(edited)).environments.get('canary')?.version.services,
    ).toHaveLength(0)
  })
})
