// `holo experiment`: what is known of experiments with flags, and how one ends.

import { findSplit, replaceSplit } from '../../core/experiments/split.ts'
import { changeOutput } from '../../wire/changes.ts'
import { experimentsAsRead, experimentsOutput } from '../../wire/experiments.ts'
import type { Api } from '../api.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, command } from '../command.ts'
import { knowFlag, loadCurrent, needDocument } from '../document.ts'
import { misuse } from '../failure.ts'
import { toTime } from '../words.ts'

const EXPERIMENT_STATUS = command({
  name: 'experiment status',
  about: 'Says what is known of each experiment so far, or of one.',
  scope: 'read',
  arguments: [{ name: '[flag]', about: 'the name of its flag; all if left out' }],
  examples: [{ command: 'holo experiment status', about: 'all experiments' }],
  shape: experimentsOutput,
  run: async (context, [key]: [string | undefined]) => {
    const api = await context.api()
    const experiments = await askExperiments(api, key)
    if (experiments.length === 0) await needDocument(api)
    const lines = experiments.flatMap(({ flag, since, metrics, comparisons }) => [
      `${flag}: since ${toTime(since)}, by ${metrics.join(', ')}`,
      ...comparisons.map(({ sentence }) => `  ${sentence}`),
    ])
    return {
      json: { experiments },
      lines: lines.length > 0 ? lines : ['There are no experiments'],
    }
  },
})

const EXPERIMENT_STOP = command({
  name: 'experiment stop',
  about:
    'Ends an experiment, and says what is known. Visitors keep their variants, or all get one.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<flag>', about: 'the name of its flag' }],
  options: [{ flags: '--give <variant>', about: 'what everybody of the split gets from now on' }],
  examples: [
    { command: 'holo experiment stop new-checkout --give on', about: 'the new one has won' },
  ],
  shape: changeOutput,
  run: async (context, [key]: [string], options: ChangeOptions & { readonly give?: string }) => {
    const { give } = options
    const api = await context.api()
    const known = await loadCurrent(api)
    const { flags = {} } = known.document
    knowFlag(key, flags)
    const { experiment, ...flag } = flags[key] ?? {}
    if (!experiment || !('variants' in flag)) throw misuse(`the flag "${key}" is no experiment`)
    if (give !== undefined && !Object.hasOwn(flag.variants, give)) {
      const names = Object.keys(flag.variants).join(', ')
      throw misuse(`the flag "${key}" has no variant "${give}"; it has ${names}`)
    }
    if (give !== undefined && findSplit(flag.targeting).length !== 1) {
      throw misuse(`the split of "${key}" stands in a shared part of targeting: change it there`)
    }
    const [report] = await askExperiments(api, key)
    const targeting = give === undefined ? {} : { targeting: replaceSplit(flag.targeting, give) }
    const body = { flags: { [key]: { ...flag, ...targeting } } }
    const end = give === undefined ? '' : `, and give "${give}" to everybody of its split`
    const title = `Stop the experiment with "${key}"${end}`
    const done = await changeDocument(
      context,
      { title, method: 'PUT', path: '/flags', body },
      options,
      known,
    )
    const lines = report?.comparisons.map(({ sentence }) => sentence) ?? []
    return { ...done, lines: [...lines, ...done.lines] }
  },
})

/** All experiments, or the one of a flag. */
async function askExperiments(api: Api, flag?: string) {
  const { experiments } = await api.ask(experimentsAsRead, 'GET', '/experiments')
  if (flag === undefined) return experiments
  const found = experiments.filter((one) => one.flag === flag)
  if (found.length > 0) return found
  const names = experiments.map((one) => one.flag).join(', ')
  throw misuse(`there is no experiment with the flag "${flag}"; there are ${names || 'none'}`)
}

export const EXPERIMENT_COMMANDS: readonly CommandRow[] = [EXPERIMENT_STATUS, EXPERIMENT_STOP]
