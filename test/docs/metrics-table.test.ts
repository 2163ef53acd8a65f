// Every metric of the table is noticed somewhere, and described where people look for it.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { METRICS } from '../../src/core/counting/metrics.ts'

const page = readFileSync('docs/rollouts.md', 'utf8')
const sources = readdirSync('src/metrics')
  .map((file) => readFileSync(`src/metrics/${file}`, 'utf8'))
  .join('\n')

it.each(METRICS.map(({ name }) => name))('%s has a row in docs/rollouts.md', (name) => {
  const [, table = ''] = page.split('### What a plan judges')
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  expect(cells.some((cell) => cell.split(', ').includes(`\`${name}\``))).toBe(true)
})

it.each(METRICS.map(({ name }) => name))('%s is noticed by a file of src/metrics', (name) => {
  expect(sources.includes(`'${name}'`)).toBe(true)
})
