// The types of the dashboard's client are those of the API.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { OPERATIONS_FILE, toClientTypes } from '../../scripts/schemas.ts'

it('are generated from the OpenAPI document as it is: npm run schemas', async () => {
  expect(readFileSync(OPERATIONS_FILE, 'utf8')).toBe(await toClientTypes())
})
