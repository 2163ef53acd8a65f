// What a change is said to do, before it is made.

import { expect, it } from 'vitest'
import { readDocument } from '../../src/cli/document.ts'
import { findMovement, isNoticeable } from '../../src/cli/movement.ts'
import { exampleDocument } from '../support/document.ts'

const read = (document: object) => readDocument(JSON.stringify(document))
const before = exampleDocument()
const main = { version: '0.0.3' }

it('says what becomes of shadows, admissions and host names of versions', () => {
  const shadow = { to: 'canary', percent: 10, paths: ['/api/**'] }
  const admitted = { version: '0.0.3', restricted: true, admit: { groups: ['staff'] } }
  const first = { ...before, environments: { ...before.environments, team: admitted } }
  const second = {
    ...first,
    environments: {
      ...first.environments,
      main: { ...main, shadow },
      team: { ...admitted, admit: { groups: ['qa'] } },
    },
    previews: { hosts: ['*.preview.example.com'] },
  }
  const stopped = {
    ...second,
    environments: { ...second.environments, main: { ...main, shadow: { ...shadow, off: true } } },
  }
  expect(findMovement(read(first), read(second)).changes).toEqual([
    'environment main: shadow: 10 % to canary',
    'environment team: others are admitted',
    'host names of versions: *.preview.example.com',
  ])
  expect(findMovement(read(second), read(stopped)).changes).toEqual([
    'environment main: shadow: off, to canary',
  ])
  expect(isNoticeable(read(first), read(second))).toBe(false)
})
