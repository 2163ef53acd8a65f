// docs/cli.md says of every command what its own table says, and its examples are ones that can be typed.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { CommandRow } from '../../src/cli/command.ts'
import { COMMAND_ROWS } from '../../src/cli/commands.ts'
import { configSchema } from '../../src/cli/config.ts'
import { type CommandCall, createProgram } from '../../src/cli/program.ts'
import { expectShownInDocs } from '../support/shown-in-docs.ts'

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

type Schema = {
  readonly type?: string
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly prefixItems?: readonly Schema[]
  readonly additionalProperties?: Schema | boolean
}

/** A JSON schema as people read it: `{ "revision": integer, "moved": [{ … }] }`. */
function toText(schema: Schema): string {
  const { type, properties, required = [], items, prefixItems, additionalProperties } = schema
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (prefixItems) return `[${prefixItems.map(toText).join(', ')}]`
  if (items) return `[${toText(items)}]`
  if (properties) {
    const fields = Object.entries(properties).map(
      ([name, one]) => `"${name}"${required.includes(name) ? '' : '?'}: ${toText(one)}`,
    )
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
  }
  if (typeof additionalProperties === 'object') return `{ name: ${toText(additionalProperties)} }`
  return type ?? 'any'
}

function toSection({ name, about, scope, changes, examples, shape, ...row }: CommandRow): string {
  const usage = ['holo', name, ...(row.arguments ?? []).map((argument) => argument.name)].join(' ')
  const listed = [
    ...(row.arguments ?? []).map(({ name: one, about: what }) => `- \`${one}\`: ${what}`),
    ...(row.options ?? []).map(({ flags, about: what }) => `- \`${flags}\`: ${what}`),
  ]
  const shell = examples.map(({ command, about: what }) => `${command}    # ${what}`)
  const needs = scope === 'none' ? 'Needs no server.' : `Scope \`${scope}\`.`
  const asks = changes ? ' A change: see above.' : ''
  const json = z.toJSONSchema(shape, { io: 'input' }) as Schema
  return [
    `### \`${usage}\`\n\n${about} ${needs}${asks}`,
    ...(listed.length > 0 ? [listed.join('\n')] : []),
    `\`\`\`sh\n${shell.join('\n')}\n\`\`\``,
    `JSON: \`${toText(json)}\``,
  ].join('\n\n')
}

/** Words as a shell would give them; what comes after a pipe is somebody else's. */
function toWords(line: string): string[] {
  const [command = ''] = line.split(/ [|>] /)
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
}

async function parse(words: readonly string[]): Promise<CommandCall | undefined> {
  let called: CommandCall | undefined
  const note = async (call: CommandCall) => {
    called = call
  }
  const program = createProgram(COMMAND_ROWS, '0.0.0', () => {}, note, undefined)
  await program.parseAsync([...words], { from: 'user' })
  return called
}

function readSources(): string {
  const folder = new URL('../../src/cli/', import.meta.url)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts'))
  return files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
}

/** Those of the API, which docs/api.md explains. */
const OF_THE_API = ['unauthenticated', 'forbidden']

describe('docs/cli.md', () => {
  it('has every command as the table has it', () => {
    expectShownInDocs('docs/cli.md', 'commands', COMMAND_ROWS.map(toSection).join('\n\n'))
  })

  it('shows a holo.json that is taken', () => {
    const [, text = ''] = /```json\n(\{\n {2}"\$schema".*?)```/s.exec(page) ?? []
    expect(configSchema.safeParse(JSON.parse(text)).error?.issues).toBeUndefined()
  })

  it('names every code that a command can fail with', () => {
    const codes = [...readSources().matchAll(/(?:refused|new CliFailure)\(\s*'(\w+)'/g)].map(
      ([, code]) => code,
    )
    expect(codes.length).toBeGreaterThan(10)
    const own = codes.filter((code) => !OF_THE_API.includes(code ?? ''))
    for (const code of own) expect(page).toContain(`\`${code}\``)
  })
})

describe('the examples', () => {
  const examples = COMMAND_ROWS.flatMap(({ name, examples: all }) =>
    all.map(({ command }) => [command, name] as const),
  )
  it.each(examples)('%s is a call of %s', async (line, name) => {
    const [holo, ...words] = toWords(line)
    expect(holo).toBe('holo')
    expect((await parse(words))?.command.name).toBe(name)
  })
})
