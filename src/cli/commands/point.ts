// `holo point` and `holo swap`: which version an environment has. `holo shift`: how many visitors it gets.

import { changeOutput } from '../../wire/changes.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, command } from '../command.ts'
import { knowEnvironment, knowVersion, loadCurrent } from '../document.ts'
import { misuse } from '../failure.ts'
import { toEnvironmentName, toVersionId } from '../options.ts'

const POINT = command({
  name: 'point',
  about: 'Points an environment at a version.',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<environment>', about: 'an existing environment; "holo env add" adds one' },
    { name: '<version>', about: 'a published version' },
  ],
  examples: [
    { command: 'holo point main 0.0.5', about: 'everybody on main gets 0.0.5' },
    {
      command: 'holo point qa 0.0.6 --yes --wait',
      about: 'from a pipeline; waits until the change has reached everywhere',
    },
  ],
  shape: changeOutput,
  run: async (context, [environment, version]: [string, string], options: ChangeOptions) => {
    toEnvironmentName(environment)
    toVersionId(version)
    const known = await loadCurrent(await context.api())
    knowEnvironment(environment, known)
    knowVersion(version, known)
    const request = {
      title: `Point ${environment} at ${version}`,
      method: 'PUT',
      path: `/environments/${environment}`,
      body: { version },
      next: 'holo status',
    }
    return changeDocument(context, request, options, known)
  },
})

const SWAP = command({
  name: 'swap',
  about: 'Exchanges the versions of two environments, in one revision.',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<one>', about: 'an environment' },
    { name: '<other>', about: 'another one' },
  ],
  examples: [
    {
      command: 'holo swap blue green',
      about: 'the version of green goes live; the same command undoes it',
    },
  ],
  shape: changeOutput,
  run: async (context, [one, other]: [string, string], options: ChangeOptions) => {
    for (const name of [one, other]) toEnvironmentName(name)
    if (one === other) throw misuse(`"${one}" is named twice: name two environments`)
    const known = await loadCurrent(await context.api())
    for (const name of [one, other]) knowEnvironment(name, known)
    const request = {
      title: `Swap ${one} and ${other}`,
      method: 'POST',
      path: '/swap',
      body: { environments: [one, other] },
      next: `holo swap ${one} ${other}    # undoes it`,
    }
    return changeDocument(context, request, options, known)
  },
})

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
      about: 'the environment that takes up the difference (the first public one with traffic)',
    },
  ],
  examples: [
    {
      command: 'holo shift canary=10',
      about: 'ten percent of the visitors; the base environment keeps the rest',
    },
    { command: 'holo shift canary=0.5 --yes --reason "build 812"', about: 'from a pipeline' },
    {
      command: 'holo shift green=100 --base blue --wait',
      about: 'all visitors, and waits until the change has reached everywhere',
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
      throw misuse(
        `"${text}" is not a weight: write canary=10, from 0 to 100, with at most two decimals`,
      )
    }
    if (weights.has(name)) throw misuse(`${name} is named twice`)
    weights.set(toEnvironmentName(name), Number(percent))
  }
  return Object.fromEntries(weights)
}

export const POINT_COMMANDS: readonly CommandRow[] = [POINT, SWAP]
