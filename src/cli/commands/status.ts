// `holo status`: who gets what now, and how the control is.

import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import * as z from 'zod'
import type { Api } from '../api.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { environmentsReply, healthReply, revisionReply, revisionsReply } from '../replies.ts'
import { isSomebodyThere } from '../terminal.ts'
import { toTime } from '../words.ts'
import { environmentShape, toEnvironmentLines } from './env.ts'

const DEFAULT_INTERVAL_S = 2

const shape = z.strictObject({
  target: z.string(),
  url: z.string(),
  revision: z.int(),
  published: z.int().describe('The newest revision that KV has taken'),
  publishError: z.string().optional(),
  externalProblem: z
    .string()
    .optional()
    .describe('What is wrong with a document put into KV by hand'),
  environments: z.array(environmentShape),
  last: z
    .strictObject({
      revision: z.int(),
      at: z.int().describe('Milliseconds since the epoch'),
      actor: z.string(),
      action: z.string(),
      reason: z.string().optional(),
    })
    .optional()
    .describe('The last change'),
})

type Status = z.infer<typeof shape>
type StatusOptions = SharedOptions & { readonly watch?: boolean; readonly interval?: number }

export const STATUS = command({
  name: 'status',
  about: 'Shows environments, versions, shares of the visitors, and the last change.',
  scope: 'read',
  options: [
    {
      flags: '--watch',
      about: 'again and again, until Ctrl-C; with --json a line whenever it changes',
    },
    { flags: '--interval <seconds>', about: 'how often (2)', parse: parseInterval },
  ],
  examples: [
    { command: 'holo status', about: 'once' },
    { command: 'holo status --watch', about: 'beside a release' },
  ],
  shape,
  run: async (context, _: [], { watch, interval = DEFAULT_INTERVAL_S }: StatusOptions) => {
    const api = await context.api()
    let json = await loadStatus(context, api)
    let shown = ''
    while (watch) {
      const text = JSON.stringify(json)
      if (text !== shown) show(context, json)
      shown = text
      try {
        await sleep(interval * 1000, undefined, { signal: context.signal })
        json = await loadStatus(context, api)
      } catch (cause) {
        // Ctrl-C is how a watch ends.
        if (context.signal.aborted) return { json, lines: [], isShown: true }
        throw cause
      }
    }
    return { json, lines: toLines(context, json) }
  },
})

/** On a terminal the earlier one is drawn over. */
function show(context: Context, json: Status): void {
  const { streams, shared } = context
  const clears = isSomebodyThere(streams) && streams.stdout.isTTY === true && !shared.json
  if (clears) streams.stdout.write('\u001b[2J\u001b[H')
  context.show({ json, lines: toLines(context, json) })
}

async function loadStatus(context: Context, api: Api): Promise<Status> {
  const [{ environments, revision }, { control }, { revisions }, target] = await Promise.all([
    api.ask(environmentsReply, 'GET', '/environments'),
    api.ask(healthReply, 'GET', '/health'),
    api.ask(revisionsReply, 'GET', '/revisions', { query: { limit: '1' } }),
    context.target(),
  ])
  const [last] = revisions
  return {
    target: target.name,
    url: target.url.origin,
    revision,
    published: control?.published ?? 0,
    ...(control?.publishError === undefined ? {} : { publishError: control.publishError }),
    ...(control?.externalProblem === undefined ? {} : { externalProblem: control.externalProblem }),
    environments,
    ...(last ? { last: revisionReply.parse(last) } : {}),
  }
}

function toLines({ style, columns }: Context, status: Status): string[] {
  const { target, url, revision, published, publishError, externalProblem, last } = status
  const isBehind = published < revision
  return [
    `${style.bold(target)}${target === new URL(url).host ? '' : `  ${url}`}  revision ${revision}, ${isBehind ? style.yellow(`KV has ${published}`) : 'in KV'}`,
    ...(last
      ? [
          style.dim(
            `${toTime(last.at)}  ${last.actor}: ${last.action}${last.reason ? ` (${last.reason})` : ''}`,
          ),
        ]
      : []),
    ...(publishError ? [style.red(`KV does not take it: ${publishError}`)] : []),
    ...(externalProblem
      ? [style.red(`a document put into KV by hand is wrong: ${externalProblem}`)]
      : []),
    '',
    ...toEnvironmentLines(status.environments, columns),
  ]
}

function parseInterval(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.5 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('seconds, from 0.5 to 3600')
}
