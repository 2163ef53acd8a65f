// `holo token`: lists, creates and revokes tokens of the API. A token is shown once, when it is created.

import { InvalidArgumentError } from 'commander'
import { SCOPES } from '../../wire/scopes.ts'
import {
  type Limits,
  MAX_TOKEN_DAYS,
  newTokenAsRead,
  newTokenOutput,
  TOKEN_ID,
  tokenAsRead,
  tokenOutput,
  tokensAsRead,
  tokensOutput,
} from '../../wire/tokens.ts'
import { confirm } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type SharedOptions } from '../command.ts'
import { misuse } from '../failure.ts'
import { collect, parseWhole } from '../options.ts'
import { toSuggestion } from '../suggest.ts'
import { toTable } from '../table.ts'
import { toTime } from '../words.ts'

const TOKEN_LIST = command({
  name: 'token list',
  about: 'Lists all tokens, newest first, without the secrets.',
  scope: 'admin',
  examples: [{ command: 'holo token list', about: 'revoked and expired ones too' }],
  shape: tokensOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(tokensAsRead, 'GET', '/tokens')
    const now = Date.now()
    const rows = json.tokens.map(
      ({ id, name, scopes, expiresAt, lastUsedAt, revokedAt, ...limits }) => [
        id,
        name,
        scopes.join(' '),
        toLimitsText(limits),
        toState(now, expiresAt, revokedAt),
        lastUsedAt === undefined ? 'never' : toTime(lastUsedAt),
      ],
    )
    const lines =
      rows.length === 0
        ? ['There is only the first token, HOLO_ADMIN_TOKEN']
        : toTable(['id', 'name', 'scopes', 'only', 'state', 'last used'], rows, context.columns)
    return { json, lines }
  },
})

/** As in `environments pr-*; versions pr-*`; empty for a token without limits. */
function toLimitsText({ environments, versions, hosts, budget }: Limits): string {
  const lines = Object.entries({ environments, versions, hosts }).flatMap(([name, patterns]) =>
    patterns ? [`${name} ${patterns.join(' ') || '(none)'}`] : [],
  )
  const { maxShare, maxVisitors } = budget ?? {}
  if (maxShare !== undefined) lines.push(`${maxShare} % without evidence`)
  if (maxVisitors !== undefined) lines.push(`${maxVisitors} visitors without evidence`)
  return lines.join('; ')
}

function toState(
  now: number,
  expiresAt: number | undefined,
  revokedAt: number | undefined,
): string {
  if (revokedAt !== undefined) return `revoked ${toTime(revokedAt)}`
  if (expiresAt === undefined) return 'valid forever'
  return expiresAt <= now ? `expired ${toTime(expiresAt)}` : `until ${toTime(expiresAt)}`
}

type CreateOptions = SharedOptions & {
  readonly scope: readonly string[]
  readonly expires?: number
  readonly environments?: readonly string[]
  readonly versions?: readonly string[]
  readonly hosts?: readonly string[]
  readonly maxShare?: number
  readonly maxVisitors?: number
}

const TOKEN_CREATE = command({
  name: 'token create',
  about: 'Creates a token and prints it on standard output. It is never shown again.',
  scope: 'admin',
  arguments: [{ name: '<name>', about: 'who will use it, for the audit log' }],
  options: [
    {
      flags: '--scope <scope>',
      about: 'read, publish, shift or admin; may be given several times',
      parse: collect,
      required: true,
    },
    { flags: '--expires <days>', about: 'as in 90d; never if left out', parse: parseDays },
    {
      flags: '--environments <pattern>',
      about: "the environments it may change, as in 'pr-*'; may be given several times",
      parse: collect,
    },
    {
      flags: '--versions <pattern>',
      about: 'the versions it may publish, change and point at; may be given several times',
      parse: collect,
    },
    {
      flags: '--hosts <pattern>',
      about: 'the host names it may set; with --environments, none if left out',
      parse: collect,
    },
    {
      flags: '--max-share <percent>',
      about: 'the visitors that it may give versions to without evidence (docs/safety.md)',
      parse: parseShare,
    },
    {
      flags: '--max-visitors <n>',
      about: 'how many visitors its rollouts may give a version to without evidence',
      parse: parseWhole('a number of visitors is a whole number from 1'),
    },
  ],
  examples: [
    {
      command: 'holo token create ci --scope publish --scope shift --expires 90d',
      about: 'for a pipeline',
    },
    {
      command:
        "holo token create previews --scope publish --scope shift --environments 'pr-*' --versions 'pr-*' --hosts 'pr-*.preview.example.com' --expires 90d",
      about: 'for previews of pull requests only',
    },
    {
      command:
        'holo token create agent --scope publish --scope shift --max-share 1 --max-visitors 500',
      about: 'for a pipeline or an agent that may try releases, and nothing more without evidence',
    },
    {
      command: 'holo token create board --scope read | wrangler secret put TOKEN',
      about: 'without showing it',
    },
  ],
  shape: newTokenOutput,
  run: async (
    context,
    [name]: [string],
    { scope, expires, environments, versions, hosts, maxShare, maxVisitors }: CreateOptions,
  ) => {
    for (const one of scope) {
      if (!SCOPES.some((scope) => scope === one)) {
        throw misuse(
          `there is no scope "${one}"${toSuggestion(one, SCOPES)}: read, publish, shift, admin`,
        )
      }
    }
    const body = {
      name,
      scopes: [...new Set(scope)],
      expiresInDays: expires,
      environments,
      versions,
      hosts,
      ...(maxShare === undefined && maxVisitors === undefined
        ? {}
        : { budget: { maxShare, maxVisitors } }),
    }
    const api = await context.api()
    const json = await api.ask(newTokenAsRead, 'POST', '/tokens', { json: body })
    context.say(
      `Token ${json.id} for "${json.name}" (${json.scopes.join(' ')})${toLimitsText(json) && `, only ${toLimitsText(json)}`}, ${toState(0, json.expiresAt, undefined)}. It is shown once:`,
    )
    return { json, lines: [json.token] }
  },
})

function parseShare(text: string): number {
  const share = /^\d{1,3}(?:\.\d{1,2})?$/.test(text) ? Number(text) : 0
  if (share >= 0.01 && share <= 100) return share
  throw new InvalidArgumentError('a share is 0.01 to 100 percent, with at most two decimals')
}

function parseDays(text: string): number {
  const days = Number(/^(\d{1,4})d?$/.exec(text)?.[1])
  if (days >= 1 && days <= MAX_TOKEN_DAYS) return days
  throw new InvalidArgumentError(`a number of days such as 90d, from 1 to ${MAX_TOKEN_DAYS}`)
}

type RevokeOptions = SharedOptions & Pick<ChangeOptions, 'yes'>

const TOKEN_REVOKE = command({
  name: 'token revoke',
  about: 'Revokes a token, beginning with the next request.',
  scope: 'admin',
  arguments: [{ name: '<id>', about: 'the 16 hex digits that "holo token list" shows' }],
  options: [{ flags: '-y, --yes', about: 'do not ask' }],
  examples: [
    { command: 'holo token revoke 3f0c5f7be1d2a940', about: 'nobody can use it any more' },
  ],
  shape: tokenOutput,
  run: async (context, [id]: [string], options: RevokeOptions) => {
    if (!TOKEN_ID.test(id)) throw misuse(`"${id}" is not the id of a token: it has 16 hex digits`)
    const target = await context.target()
    const plan = `Revoke token ${id} at ${target.name}`
    if (!options.json) context.say(plan)
    await confirm(context, options, [plan])
    const api = await context.api()
    const json = await api.ask(tokenAsRead, 'DELETE', `/tokens/${id}`)
    return { json, lines: [`Done: token ${id} ("${json.name}") is revoked`] }
  },
})

export const TOKEN_COMMANDS: readonly CommandRow[] = [TOKEN_LIST, TOKEN_CREATE, TOKEN_REVOKE]
