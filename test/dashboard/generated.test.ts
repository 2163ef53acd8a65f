// What `npm run schemas` generates for the code is up to date.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FORM_FILE, OPERATIONS_FILE, toClientTypes, toFormText } from '../../scripts/schemas.ts'

it('the types of the dashboard are those of the OpenAPI document: npm run schemas', async () => {
  expect(readFileSync(OPERATIONS_FILE, 'utf8')).toBe(await toClientTypes())
})

it('the name of the validator is that of its code: npm run schemas', async () => {
  expect(readFileSync(FORM_FILE, 'utf8')).toBe(await toFormText())
})
