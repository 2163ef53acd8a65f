// `holo shift`: traffic between environments, in percent.

import { changeOutput } from '../../wire/changes.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { loadCurrent } from '../document.ts'
import { misuse } from '../failure.ts'
import { knowEnvironment } from '../known-names.ts'
import { toEnvironmentName } from '../options.ts'

type ShiftOptions = ChangeOptions & { readonly base?: string }

export const SHIFT = command({
  name: 'shift',
  about: 'Gives environments their share of the visitors, in percent.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<weights...>', about: 'as in canary=10; the base takes up the difference' }],
  options: [
    {
      flags: '--base <environment>',
      about: 'who gives and takes (the first public one that has traffic)',
    },
  ],
  examples: [
    {
      command: 'holo shift canary=10',
      about: 'ten per cent of visitors, the rest stay as they are',
    },
    { command: 'holo shift canary=0.5 --yes --reason "build 812"', about: 'from a pipeline' },
    {
      command: 'holo shift green=100 --base blue --wait',
      about: 'all of it, until it is everywhere',
    },
  ],
  shape: changeOutput,
  run: async (context, [texts]: [readonly string[]], options: ShiftOptions) => {
    const weights = parseWeights(texts)
    const base = options.base === undefined ? undefined : toEnvironmentName(options.base)
    const known = await loadCurrent(await context.api())
    for (const name of [...Object.keys(weights), ...(base ? [base] : [])])
      knowEnvironment(name, known)
    const wish = Object.entries(weights).map(([name, percent]) => `${name} ${percent} %`)
    const request = {
      title: `Shift ${wish.join(', ')}`,
      method: 'PUT',
      path: '/traffic',
      body: { weights, ...(base ? { base } : {}) },
      next: 'holo status --watch',
    }
    return changeDocument(context, request, options, known)
  },
})

function parseWeights(texts: readonly string[]): Record<string, number> {
  const weights = new Map<string, number>()
  for (const text of texts) {
    const found = /^([^=]+)=(\d+(?:\.\d{1,2})?)%?$/.exec(text)
    const [, name = '', percent = ''] = found ?? []
    if (!found || Number(percent) > 100) {
      throw misuse(`"${text}" is no weight: write canary=10, from 0 to 100, at most two decimals`)
    }
    if (weights.has(name)) throw misuse(`${name} is named twice`)
    weights.set(toEnvironmentName(name), Number(percent))
  }
  return Object.fromEntries(weights)
}
