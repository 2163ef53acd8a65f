// What `holo init` finds out about real starter projects, made by the create-… packages of the npm registry.
// test/builds/long/starters.test.ts goes the whole way with each of them.

import { describe, expect, it } from 'vitest'
import { findProject } from '../../../src/cli/init/workspace.ts'
import { makeStarter, STARTERS } from '../../builds/starters.ts'

const nobody = () => Promise.reject(new Error('nobody is asked'))

describe.each(STARTERS)('a project of $name', (starter) => {
  it('is known, with its build and its folder', async () => {
    const { detected } = await findProject(await makeStarter(starter), undefined, nobody)
    expect(detected).toMatchObject({ build: 'npm run build', isCertain: true, ...starter.expected })
    if (starter.advice !== undefined) expect(detected.notes.join()).toContain(starter.advice)
  })
})
