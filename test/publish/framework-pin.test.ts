// The pin of a framework is found in what its build tool has written. The contents are those of real builds: Next
// 16, Nuxt 4, SvelteKit 3, and Astro with its adapter for Netlify.

import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toGivenPin } from '../../src/cli/framework-pin.ts'
import { MAX_FRAMEWORK_PIN_NAMES } from '../../src/document/framework-pin.ts'
import { surveyFolder } from '../../src/publish/survey.ts'
import { makeFolder } from './folder.ts'

const find = async (files: Readonly<Record<string, string>>, beside?: Record<string, string>) => {
  const root = makeFolder(beside)
  const folder = join(root, 'dist')
  renameSync(makeFolder(files), folder)
  const survey = await surveyFolder({ folder, retained: [] }, () => {})
  return { pin: survey.frameworkPin, warnings: survey.warnings }
}

const NEXT = (id: string) =>
  `<!DOCTYPE html><html data-dpl-id="${id}" lang="en"><head><script src="/_next/static/chunks/40z5v_votqxd1.js?dpl=${id}" async=""></script>`
const SKEW = JSON.stringify({
  patterns: ['/_actions/.*', '/_server-islands/.*', '.*\\.(html)$', '/_astro/.*'],
  sources: [
    { type: 'header', name: 'X-Netlify-Deploy-ID' },
    { type: 'query', name: 'dpl' },
    { type: 'cookie', name: '__vdpl' },
  ],
})
const ASTRO = {
  'index.html': '<script type="module" src="/_astro/a.CHVnKmH-.js?dpl=6720a1b2c3d4"></script>',
  '_astro/a.CHVnKmH-.js': 'let e={"X-Netlify-Deploy-ID":`6720a1b2c3d4`},t=1',
}
const NAMES = Array.from({ length: MAX_FRAMEWORK_PIN_NAMES }, (_, i) => `,query=${i}`).join('')
const SKEW_AT = '.netlify/v1/skew-protection.json'

/** What a build has, and what is found in it. */
const BUILDS: readonly [
  build: string,
  files: Readonly<Record<string, string>>,
  pin: { readonly by?: string; readonly id?: string; readonly [names: string]: unknown },
][] = [
  [
    'Next.js',
    { 'index.html': NEXT('dpl_1-0-0'), 'about.html': NEXT('dpl_1-0-0') },
    { by: 'next', id: 'dpl_1-0-0', headers: ['x-deployment-id'], queries: ['dpl'] },
  ],
  [
    'Nuxt',
    {
      'index.html': '<div id="__nuxt">',
      '_nuxt/builds/latest.json': '{"id":"05d3b846-3fef","timestamp":1795709238862}',
      '_nuxt/builds/meta/05d3b846-3fef.json': '{"id":"05d3b846-3fef","prerendered":[]}',
    },
    { by: 'nuxt', id: '05d3b846-3fef', queries: ['_b', ''] },
  ],
  [
    'SvelteKit',
    { '_app/version.json': '{"version":"1795709212"}', '_app/immutable/a.js': '' },
    { by: 'sveltekit', id: '1795709212', headers: ['x-sveltekit-version'] },
  ],
  ['Next.js without an id', { 'index.html': '<html lang="en"><script src="/_next/a.js">' }, {}],
  ['any other build', { 'index.html': '<html>', 'version.json': '{"version":"1"}' }, {}],
  ['damaged files', { '_app/version.json': '{"ver', '_app/immutable/a.js': '' }, {}],
]

describe('the pin of a framework', () => {
  it.each(BUILDS)('is found in a build of %s', async (_, files, pin) => {
    const { by, ...rest } = pin
    expect(await find(files)).toMatchObject({ pin: by && { by, pin: rest }, warnings: [] })
  })

  it.each([
    ['the project', ASTRO, { [SKEW_AT]: SKEW }],
    ['the published folder', { ...ASTRO, [SKEW_AT]: SKEW }, {}],
  ])("has the names of Netlify's file in %s and the id of the build", async (_, files, beside) => {
    const { pin } = await find(files, beside)
    expect(pin).toEqual({
      by: 'netlify',
      pin: { id: '6720a1b2c3d4', headers: ['x-netlify-deploy-id'], queries: ['dpl'] },
    })
  })

  it('of Next.js is said with each reply, as its own server says it, also where it is no pin', async () => {
    const files = { 'index.html': NEXT('dpl_1'), '_next/static/a.js': '' }
    const rule = { for: '/*', set: [['x-nextjs-deployment-id', 'dpl_1']], unset: [] }
    for (const frameworkPin of [undefined, false] as const) {
      const options = { folder: makeFolder(files), retained: [], frameworkPin }
      const survey = await surveyFolder(options, () => {})
      expect(survey.config.headers).toEqual([rule])
      expect(survey.frameworkPin?.by).toBe(frameworkPin === false ? undefined : 'next')
    }
  })

  it('is none where the build does not tell one id, and a warning says how to mend it', async () => {
    const none = await find({ 'index.html': '<p>' }, { [SKEW_AT]: SKEW })
    expect(none.pin).toBeUndefined()
    expect(none.warnings).toContainEqual(expect.stringContaining('--framework-pin netlify,id=ID'))
    const two = await find({ 'index.html': NEXT('a'), 'b.html': NEXT('b') })
    expect(two.pin).toBeUndefined()
    expect(two.warnings).toContainEqual(expect.stringContaining('several ids of Next.js'))
    const odd = await find({ '_app/version.json': '{"version":"1 <b>"}', '_app/immutable/a': '' })
    expect(odd.pin).toBeUndefined()
    expect(odd.warnings).toContainEqual(expect.stringContaining('does not count as a pin'))
  })

  it('takes no name that has another meaning out of a file', async () => {
    const sources = ['Authorization', 'Cookie', 'Holo-Pin', 'Sec-Fetch-Dest', 'Accept', 'Host'].map(
      (name) => ({ type: 'header', name }),
    )
    const queries = ['holo-pin', 'a&b', ''].map((name) => ({ type: 'query', name }))
    const skew = JSON.stringify({ sources: [...sources, ...queries, null, { type: 'query' }] })
    expect(await find(ASTRO, { [SKEW_AT]: skew })).toMatchObject({ pin: undefined })
  })
})

describe('a pin that is given by hand', () => {
  it('is a framework with an id, or an id with names', async () => {
    expect(await toGivenPin('next,id=abc', '/')).toEqual({
      ...{ id: 'abc', headers: ['x-deployment-id'], queries: ['dpl'] },
    })
    expect(await toGivenPin('id=abc,header=X-Build,query=b,query=c', '/')).toEqual({
      ...{ id: 'abc', headers: ['x-build'], queries: ['b', 'c'] },
    })
    expect(await toGivenPin(`id=abc${NAMES}`, '/')).toMatchObject({ id: 'abc' })
    expect(await toGivenPin(false, '/')).toBe(false)
    const folder = makeFolder({ [SKEW_AT]: SKEW, 'dist/index.html': '' })
    mkdirSync(join(folder, 'other'))
    for (const place of ['dist', 'other']) {
      const { headers } = (await toGivenPin('netlify,id=abc', join(folder, place))) || {}
      expect(headers).toEqual(['x-netlify-deploy-id'])
    }
  })

  it.each([
    ...['', 'abc', 'next', 'next,id=', 'next,id=undefined', 'next,id=a b', 'id=a', 'id=a,header='],
    ...['id=a,header=cookie', 'id=a,header=holo-pin', 'id=a,query=holo-pin', 'id=a,id=b,query=q'],
    ...[`next,id=${'x'.repeat(129)}`, `id=a${NAMES},query=more`, 'remix,id=a'],
  ])('cannot be %j', async (text) => {
    await expect(toGivenPin(text, '/')).rejects.toThrow('--framework-pin')
  })
})
