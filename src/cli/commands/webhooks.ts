// `holo webhooks`: who is told of events, in which form, and what became of the deliveries.

import { randomBytes } from 'node:crypto'
import {
  deliveriesAsRead,
  deliveriesOutput,
  deliveryAsRead,
  deliveryOutput,
  newWebhookOutput,
  SIGNED_FORMS,
  WEBHOOK_FORMS,
  WEBHOOK_SECRET,
  type WebhookSummary,
  webhookAsRead,
  webhookOutput,
  webhooksAsRead,
  webhooksOutput,
} from '../../wire/webhooks.ts'
import { confirm } from '../change.ts'
import {
  type ChangeOptions,
  type CommandOutcome,
  type CommandRow,
  type Context,
  command,
  type SharedOptions,
} from '../command.ts'
import { readText } from '../document.ts'
import { misuse } from '../failure.ts'
import { collect } from '../options.ts'
import { toSuggestion } from '../suggest.ts'
import { toTable } from '../table.ts'
import { toCount, toTime } from '../words.ts'

const NAME = { name: '<name>', about: 'as "holo webhooks list" shows it' }

const LIST = command({
  name: 'webhooks list',
  about: 'Lists webhooks, which events they get and whether their receivers take them.',
  scope: 'read',
  examples: [{ command: 'holo webhooks list', about: 'without secrets and addresses' }],
  shape: webhooksOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(webhooksAsRead, 'GET', '/webhooks')
    const rows = json.webhooks.map((one) => [
      one.name,
      one.form,
      one.origin,
      one.events.join(' '),
      toState(one),
      String(one.waiting),
    ])
    const lines =
      rows.length === 0
        ? ['No webhooks: add one with "holo webhooks add"']
        : toTable(['name', 'form', 'to', 'events', 'state', 'waiting'], rows, context.columns)
    return { json, lines }
  },
})

type Stated = Pick<WebhookSummary, 'failures' | 'retryAt' | 'disabledAt' | 'why' | 'missed'> & {
  readonly state: string
}

function toState({ state, failures, retryAt, disabledAt, why = '', missed }: Stated): string {
  const lost = missed > 0 ? `; missed ${toCount(missed, 'event')}` : ''
  if (disabledAt !== undefined) return `disabled ${toTime(disabledAt)}: ${why}${lost}`
  if (retryAt === undefined) return `${state}${lost}`
  return `${state}, ${toCount(failures, 'attempt')}: ${why}; again ${toTime(retryAt)}${lost}`
}

type AddOptions = SharedOptions & {
  readonly form: string
  readonly events?: readonly string[]
  readonly secretFile?: string
}

const ADD = command({
  name: 'webhooks add',
  about:
    'Adds a webhook, which gets events from now on. A secret that the command makes is printed on standard output, once.',
  scope: 'admin',
  arguments: [
    { name: '<name>', about: 'lower-case letters, digits and "-"' },
    {
      name: '<url>',
      about:
        'where events are sent; - reads it from standard input, because that of a chat is secret',
    },
  ],
  options: [
    {
      flags: '--form <form>',
      about: 'standard, cdevents, slack, discord, teams or pull',
      required: true,
    },
    {
      flags: '--events <kind>',
      about: "as in rollout.ended, 'rollout.*' or '*', or none; may be given several times",
      parse: collect,
    },
    {
      flags: '--secret-file <file>',
      about:
        'the secret of a signed form (whsec_…), which the command makes if left out; for pull the header Authorization',
    },
  ],
  examples: [
    {
      command: 'holo webhooks add team - --form slack',
      about: 'the address comes from standard input',
    },
    {
      command: 'holo webhooks add pipeline https://ci.example.com/holo --form standard',
      about: 'every event, signed; prints the secret',
    },
  ],
  shape: newWebhookOutput,
  run: async (context, [name, address]: [string, string], options: AddOptions) => {
    const { form, events, secretFile } = options
    if (!WEBHOOK_FORMS.some((one) => one === form)) {
      throw misuse(
        `there is no form "${form}"${toSuggestion(form, WEBHOOK_FORMS)}: ${WEBHOOK_FORMS.join(', ')}`,
      )
    }
    if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
      throw misuse(`"${name}" is no name: lower-case letters, digits and "-"`)
    }
    const isSigned = SIGNED_FORMS.has(form)
    if (!isSigned && form !== 'pull' && secretFile !== undefined) {
      throw misuse(`a chat verifies no signature: leave --secret-file out with --form ${form}`)
    }
    const made = isSigned && secretFile === undefined ? makeSecret() : undefined
    const secret = secretFile === undefined ? made : await readSecret(context, secretFile, form)
    const url = address === '-' ? (await readText(context, '-')).trim() : address
    if (!URL.canParse(url)) throw misuse('the address is none: write it as https://host/path')
    const api = await context.api()
    const body = { name, url, form, events: isNone(events) ? [] : events, secret }
    const added = await api.ask(webhookAsRead, 'POST', '/webhooks', { json: body })
    context.say(
      `Webhook ${added.name} gets ${added.events.join(' ') || 'no events'} at ${added.origin}${made === undefined ? '' : '. Its secret is shown once:'}`,
    )
    const json = made === undefined ? added : { ...added, secret: made }
    return { json, lines: made === undefined ? [] : [made] }
  },
})

/** For a webhook that only confirms. */
function isNone(events: readonly string[] | undefined): boolean {
  return events?.length === 1 && events[0] === 'none'
}

function makeSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

async function readSecret(context: Context, file: string, form: string): Promise<string> {
  const secret = (await readText(context, file)).trim()
  if (form === 'pull' || WEBHOOK_SECRET.test(secret)) return secret
  throw misuse(`${file} has no secret: write whsec_ and 24 to 64 bytes in base64`)
}

type AgreedOptions = SharedOptions & Pick<ChangeOptions, 'yes'>

const YES = { flags: '-y, --yes', about: 'do not ask' }

const REMOVE = command({
  name: 'webhooks remove',
  about: 'Removes a webhook and the log of its deliveries.',
  scope: 'admin',
  arguments: [NAME],
  options: [YES],
  examples: [{ command: 'holo webhooks remove team', about: 'nothing more is sent to it' }],
  shape: webhookOutput,
  run: async (context, [name]: [string], options: AgreedOptions) => {
    const target = await context.target()
    const plan = `Remove webhook ${toName(name)} at ${target.name}`
    if (!options.json) context.say(plan)
    await confirm(context, options, [plan])
    const api = await context.api()
    const json = await api.ask(webhookAsRead, 'DELETE', `/webhooks/${name}`)
    return { json, lines: [`Done: webhook ${name} is removed`] }
  },
})

type ResumeOptions = AgreedOptions & { readonly skip?: boolean }

const RESUME = command({
  name: 'webhooks resume',
  about: 'Tries a failing webhook again at once, and enables one that was disabled.',
  scope: 'admin',
  arguments: [NAME],
  options: [
    { flags: '--skip', about: 'leaves out what waits, and goes on with the next event' },
    YES,
  ],
  examples: [
    { command: 'holo webhooks resume team', about: 'with the event that was not taken' },
    { command: 'holo webhooks resume team --skip', about: 'with the next one that happens' },
  ],
  shape: webhookOutput,
  run: async (context, [name]: [string], { skip = false, ...options }: ResumeOptions) => {
    const target = await context.target()
    const plan = skip
      ? `Go on with webhook ${toName(name)} at ${target.name}, without what waits for it`
      : `Try webhook ${toName(name)} at ${target.name} again`
    if (!options.json) context.say(plan)
    await confirm(context, options, [plan])
    const api = await context.api()
    const json = await api.ask(webhookAsRead, 'POST', `/webhooks/${name}/resume`, {
      json: { skip },
    })
    return { json, lines: [`Done: ${toCount(json.waiting, 'event')} for ${name}`] }
  },
})

const TEST = command({
  name: 'webhooks test',
  about: 'Sends a made-up event once: exit code 1 if the receiver does not take it.',
  scope: 'admin',
  arguments: [NAME],
  examples: [{ command: 'holo webhooks test team', about: 'shows what the receiver answers' }],
  shape: deliveryOutput,
  run: async (context, [name]: [string]) => {
    const api = await context.api()
    const json = await api.ask(deliveryAsRead, 'POST', `/webhooks/${toName(name)}/test`)
    return toSent(json, name)
  },
})

const DELIVERIES = command({
  name: 'webhooks deliveries',
  about: 'Shows the newest deliveries of a webhook, newest first.',
  scope: 'read',
  arguments: [NAME],
  examples: [{ command: 'holo webhooks deliveries team', about: 'and why some failed' }],
  shape: deliveriesOutput,
  run: async (context, [name]: [string]) => {
    const api = await context.api()
    const json = await api.ask(deliveriesAsRead, 'GET', `/webhooks/${toName(name)}/deliveries`)
    const rows = json.deliveries.map((one) => [
      String(one.id),
      one.event === undefined ? '' : String(one.event),
      one.kind,
      one.cause,
      toTime(one.triedAt),
      String(one.attempts),
      one.outcome === 'delivered' ? `${one.outcome} (${one.status})` : `${one.outcome}: ${one.why}`,
      `${one.ms} ms`,
    ])
    const head = ['id', 'event', 'kind', 'cause', 'last attempt', 'attempts', 'outcome', 'took']
    const lines = rows.length === 0 ? ['No deliveries yet'] : toTable(head, rows, context.columns)
    return { json, lines }
  },
})

const REDELIVER = command({
  name: 'webhooks redeliver',
  about:
    'Sends the event of a delivery once more, with the same id: exit code 1 if the receiver does not take it.',
  scope: 'admin',
  arguments: [NAME, { name: '<delivery>', about: 'the id that "holo webhooks deliveries" shows' }],
  examples: [{ command: 'holo webhooks redeliver team 12', about: 'the order of others stays' }],
  shape: deliveryOutput,
  run: async (context, [name, id]: [string, string]) => {
    if (!/^[1-9]\d{0,8}$/.test(id)) throw misuse('a delivery is a whole number from 1')
    const api = await context.api()
    const path = `/webhooks/${toName(name)}/redeliver`
    const json = await api.ask(deliveryAsRead, 'POST', path, { json: { delivery: Number(id) } })
    return toSent(json, name)
  },
})

function toSent<
  Json extends { readonly outcome: string; readonly why?: string | undefined; readonly ms: number },
>(json: Json, name: string): Omit<CommandOutcome, 'json'> & { readonly json: Json } {
  const isTaken = json.outcome === 'delivered'
  const lines = [
    isTaken
      ? `The receiver of ${name} took it within ${json.ms} ms`
      : `The receiver of ${name} did not take it: ${json.why}`,
  ]
  return { json, lines, ...(isTaken ? {} : { exitCode: 1 as const }) }
}

function toName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(name)) return name
  throw misuse(`"${name}" is not the name of a webhook: see "holo webhooks list"`)
}

export const WEBHOOK_COMMANDS: readonly CommandRow[] = [
  LIST,
  ADD,
  REMOVE,
  RESUME,
  TEST,
  DELIVERIES,
  REDELIVER,
]
