// `holo rules`: lists and replaces the rules, which choose an environment before buckets do.

import { changeOutput } from '../../wire/changes.ts'
import { rulesAsRead, rulesOutput } from '../../wire/versions.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, command } from '../command.ts'
import { loadCurrent, readJson } from '../document.ts'
import { misuse } from '../failure.ts'
import { toTable } from '../table.ts'

const RULES_LIST = command({
  name: 'rules list',
  about: 'Lists the rules in their order: the first that matches decides.',
  scope: 'read',
  examples: [
    { command: 'holo rules list', about: 'for people' },
    {
      command: 'holo rules list --json > rules.json',
      about: 'edit "rules", then: holo rules set rules.json',
    },
  ],
  shape: rulesOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(rulesAsRead, 'GET', '/rules')
    const rows = json.rules.map(({ name, environment, when }) => [
      name,
      environment,
      JSON.stringify(when) ?? '',
    ])
    const lines =
      rows.length === 0
        ? ['There are no rules']
        : toTable(['rule', 'environment', 'when'], rows, context.columns)
    return { json, lines }
  },
})

const RULES_SET = command({
  name: 'rules set',
  about: 'Replaces all rules with those of a file: a list, or an object with "rules".',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<file>', about: 'JSON; - is standard input' }],
  examples: [
    {
      command: 'holo rules set rules.json',
      about: 'shows which rules are new, removed and changed',
    },
  ],
  shape: changeOutput,
  run: async (context, [file]: [string], options: ChangeOptions) => {
    const read = await readJson(context, file)
    const rules = Array.isArray(read) ? read : (read as { rules?: unknown } | null)?.rules
    if (!Array.isArray(rules)) throw misuse(`${file} holds neither a list of rules nor "rules"`)
    const known = await loadCurrent(await context.api())
    const request = { title: 'Set the rules', method: 'PUT', path: '/rules', body: { rules } }
    return changeDocument(context, request, options, known)
  },
})

export const RULES_COMMANDS: readonly CommandRow[] = [RULES_LIST, RULES_SET]
