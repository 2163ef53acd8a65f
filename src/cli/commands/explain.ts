// `holo explain`: which version a request would get, now or at an earlier time, every step of the decision, and what
// would answer. then.ts finds the revision of that time, and makes the link to its version.

import { type ExplanationAsRead, explainAsRead, explainOutput } from '../../wire/explain.ts'
import { command, type SharedOptions } from '../command.ts'
import { misuse } from '../failure.ts'
import { collect, parseWhole } from '../options.ts'
import { toTable } from '../table.ts'
import { findRevision, makeLink, parseMoment, toLinkLine } from '../then.ts'
import { toTime } from '../words.ts'

type ExplainOptions = SharedOptions & {
  readonly visitor?: string
  readonly method?: string
  readonly header?: readonly string[]
  readonly cookie?: readonly string[]
  readonly country?: string
  readonly ip?: string
  readonly revision?: number
  readonly at?: number
  readonly link?: boolean
}

export const EXPLAIN = command({
  name: 'explain',
  about: 'Shows which version a request would get, or would have got at some time, and why.',
  scope: 'read',
  arguments: [{ name: '[url]', about: 'an address, or a path of the site; / if left out' }],
  options: [
    { flags: '--visitor <id>', about: 'the visitor, instead of the one that the headers name' },
    { flags: '--method <method>', about: 'GET if left out' },
    {
      flags: '--header <line>',
      about:
        'a header of the client as "name: value"; may be given several times. A browser if left out',
      parse: collect,
    },
    { flags: '--cookie <pair>', about: '"name=value"; may be given several times', parse: collect },
    { flags: '--country <code>', about: 'where the visitor is' },
    { flags: '--ip <address>', about: "the visitor's address" },
    {
      flags: '--revision <n>',
      about: 'an earlier revision of the document; the current one if left out',
      parse: parseWhole('a revision is a whole number from 1'),
    },
    {
      flags: '--at <time>',
      about: 'by the revision of this time, as in 2026-11-23T14:03Z, instead of --revision',
      parse: parseMoment,
    },
    {
      flags: '--link',
      about: 'also makes a signed link to the version, for a day, if it is retained: scope shift',
    },
  ],
  examples: [
    { command: 'holo explain / --visitor anna', about: 'the page that Anna gets' },
    { command: 'holo explain /api/basket --cookie staff=1', about: 'a call of hers, as staff' },
    {
      command: 'holo explain --at 2026-11-23T14:03Z --visitor anna --link',
      about: 'what she had then, and a link to it',
    },
  ],
  shape: explainOutput,
  run: async (context, [address = '/']: [string | undefined], options: ExplainOptions) => {
    const { at } = options
    if (at !== undefined && options.revision !== undefined) {
      throw misuse('--at and --revision both choose a revision: give one of them')
    }
    const target = await context.target()
    if (!URL.canParse(address, target.url)) throw misuse(`"${address}" is not an address`)
    const { visitor, method, country, ip } = options
    const api = await context.api()
    const then = at === undefined ? undefined : await findRevision(api, at)
    const revision = then?.revision ?? options.revision
    const headers = parseHeaders(options)
    const body = {
      // `*` asks about the server as a whole, as in `OPTIONS *`.
      url: address === '*' ? `${new URL(target.url).origin}*` : new URL(address, target.url).href,
      method,
      headers,
      visitor,
      country,
      ip,
      revision,
    }
    const json = await api.ask(explainAsRead, 'POST', '/explain', { json: body })
    const { decision, steps, request, answer } = json
    const linked = options.link
      ? await makeLink(api, decision.version, new URL(address, target.url).pathname)
      : undefined
    const because = decision.rule === undefined ? decision.reason : `rule "${decision.rule}"`
    const lines = [
      `${decision.version}  ${decision.environment}, by ${because}, revision ${decision.revision}`,
      ...(then ? [`in force since ${toTime(then.at)}`] : []),
      toSubject(request, decision.bucket),
      '',
      ...toTable(
        ['step', 'outcome', 'why'],
        steps.map(({ step, outcome, why }) => [step, outcome, why]),
        context.columns,
      ),
      '',
      answer,
      ...(linked === undefined ? [] : ['', toLinkLine(decision.version, linked)]),
    ]
    return {
      json: {
        ...json,
        ...(then && { at, since: then.at }),
        ...(linked && { link: linked.link }),
      },
      lines,
    }
  },
})

function toSubject({ visitor, minted, anonymous, kind }: Explained, bucket: number): string {
  const what = kind === 'unknown' ? 'possibly a page' : `a ${kind}`
  if (anonymous) return `no visitor: the request has no identity; ${what}`
  return `visitor ${visitor}${minted ? ' (new)' : ''}, bucket ${bucket}; ${what}`
}
type Explained = ExplanationAsRead['request']

/** Without headers, or with only a cookie, the API assumes a browser. */
function parseHeaders({ header = [], cookie = [] }: ExplainOptions) {
  const headers = new Map<string, string>()
  for (const line of header) {
    const [, name = '', value = ''] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? []
    if (name === '') throw misuse(`"${line}" is not a header: write "name: value"`)
    headers.set(name.toLowerCase(), value)
  }
  for (const pair of cookie) {
    if (!/^[^=;\s]+=[^;]*$/.test(pair))
      throw misuse(`"${pair}" is not a cookie: write "name=value"`)
  }
  if (cookie.length > 0) headers.set('cookie', cookie.join('; '))
  return headers.size === 0 ? undefined : Object.fromEntries(headers)
}
