import { describe, expect, it } from 'vitest'
import { compileAssignments } from '../../src/document/compile.ts'
import { exampleDocument } from '../support/document.ts'

describe('compiling a document', () => {
  it('gives every bucket the environment that the percentages give it, in the order written', () => {
    const { buckets } = compileAssignments(exampleDocument())
    expect(buckets).toHaveLength(10_000)
    expect(buckets.map(({ name }) => name)).toEqual(
      Array.from({ length: 10_000 }, (_, bucket) => (bucket < 9500 ? 'main' : 'canary')),
    )
  })

  it('gives every bucket the environment that the ranges give it', () => {
    const traffic: Record<string, [number, number][]> = {
      canary: [
        [10, 20],
        [0, 10],
      ],
      main: [[20, 10_000]],
    }
    const { buckets } = compileAssignments({ ...exampleDocument(), traffic })
    expect(buckets.slice(0, 20).every(({ name }) => name === 'canary')).toBe(true)
    expect(buckets.slice(20).every(({ name }) => name === 'main')).toBe(true)
  })

  it('calls a version open that visitors have, or that is marked as one they had', () => {
    const document = exampleDocument()
    document.versions['0.0.1'] = { manifest: '1'.repeat(64), open: true }
    const { versions } = compileAssignments(document)
    const open = [...versions.values()].filter((version) => version.open).map(({ id }) => id)
    expect(open.sort()).toEqual(['0.0.1', '0.0.3', '0.0.5'])
  })

  it('searches open versions newest first: by time of publication, else what was written later', () => {
    const document = exampleDocument()
    expect(compileAssignments(document).searched.map(({ id }) => id)).toEqual(['0.0.5', '0.0.3'])
    document.versions = {
      ...document.versions,
      '0.0.3': { manifest: '3'.repeat(64), published: '2026-11-02T00:00:00Z' },
      '0.0.5': { manifest: '5'.repeat(64), published: '2026-11-01T00:00:00Z' },
    }
    expect(compileAssignments(document).searched.map(({ id }) => id)).toEqual(['0.0.3', '0.0.5'])
  })

  it('puts the longest prefix of a version first', () => {
    const document = exampleDocument()
    const service = (prefix: string) => ({ prefix, origins: ['https://api.example.com'] })
    document.versions['0.0.3'] = {
      manifest: '3'.repeat(64),
      services: [service('/'), service('/api/'), service('/api/admin/')],
    }
    const prefixes = compileAssignments(document).versions.get('0.0.3')?.services
    expect(prefixes?.map(({ prefix }) => prefix)).toEqual(['/api/admin/', '/api/', '/'])
  })

  it('gives a service all that it does not say of itself', () => {
    const { versions } = compileAssignments(exampleDocument())
    expect(versions.get('0.0.3')?.services).toEqual([
      {
        prefix: '/api/',
        origins: ['https://api-3.example.com'],
        timeoutMs: 30_000,
        stripPrefix: false,
        maxBodyBytes: Number.POSITIVE_INFINITY,
        fallback: undefined,
      },
    ])
  })

  it('keeps what a service says, with one spelling for each origin', () => {
    const said = { timeoutMs: 500, stripPrefix: true, maxBodyBytes: 10, fallback: 'main' }
    const document = exampleDocument()
    document.versions['0.0.3'] = {
      manifest: '3'.repeat(64),
      services: [
        {
          prefix: '/api/',
          origins: [
            'HTTPS://API.example.com:443/',
            'service:API',
            'https://API.example.com:443/Prod/',
            'service:API/prod/',
          ],
          ...said,
        },
      ],
    }
    expect(compileAssignments(document).versions.get('0.0.3')?.services).toEqual([
      {
        prefix: '/api/',
        origins: [
          'https://api.example.com',
          'service:API',
          'https://api.example.com/Prod',
          'service:API/prod',
        ],
        ...said,
      },
    ])
  })

  it('has a name of its own against loops for each salt', () => {
    const toLoopId = (salt: string) => compileAssignments({ ...exampleDocument(), salt }).loopId
    expect(toLoopId('shop')).toMatch(/^holo-[0-9a-f]+$/)
    expect(toLoopId('shop')).toBe(toLoopId('shop'))
    expect(toLoopId('shop')).not.toBe(toLoopId('blog'))
  })

  it('takes the first environment that has visitors for crawlers', () => {
    const { first } = compileAssignments(exampleDocument())
    expect(first.name).toBe('main')
  })
})
