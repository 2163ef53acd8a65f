// `holo env`: lists, adds, changes and removes environments.

import { changeOutput } from '../../wire/changes.ts'
import {
  type EnvironmentReply,
  environmentsAsRead,
  environmentsOutput,
} from '../../wire/environments.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, type CommandRow, command, type Option } from '../command.ts'
import { knowEnvironment, knowVersion, loadCurrent } from '../document.ts'
import { misuse, refused } from '../failure.ts'
import { collect, toEnvironmentName, toVersionId } from '../options.ts'
import { toTable } from '../table.ts'
import { toPercentText } from '../words.ts'

type EnvOptions = ChangeOptions & {
  readonly version?: string
  readonly restricted?: boolean
  readonly public?: boolean
  readonly host?: readonly string[]
  readonly admitEmail?: readonly string[]
  readonly admitGroup?: readonly string[]
  readonly admit?: boolean
}

const HOST: Option = {
  flags: '--host <name>',
  about: 'a host name of this environment; may be given several times',
  parse: collect,
}

const ADMIT: readonly Option[] = [
  {
    flags: '--admit-email <pattern>',
    about:
      "lets identities of Cloudflare Access see it when it is restricted, as in '*@example.com'; may be given several times",
    parse: collect,
  },
  {
    flags: '--admit-group <name>',
    about: 'the same for a group; may be given several times',
    parse: collect,
  },
]

/** The `admit` of a request; `undefined` if nothing was said. */
function toAdmit({ admitEmail: emails, admitGroup: groups }: EnvOptions) {
  if (!emails && !groups) return undefined
  return { ...(emails && { emails }), ...(groups && { groups }) }
}

const ENV_LIST = command({
  name: 'env list',
  about: 'Lists the environments, their versions and their share of the visitors.',
  scope: 'read',
  examples: [{ command: 'holo env list', about: 'in the order of the document' }],
  shape: environmentsOutput,
  run: async (context) => {
    const api = await context.api()
    const json = await api.ask(environmentsAsRead, 'GET', '/environments')
    return { json, lines: toEnvironmentLines(json.environments, context.columns) }
  },
})

export function toEnvironmentLines(
  environments: readonly EnvironmentReply[],
  columns: number | undefined,
): string[] {
  const rows = environments.map(({ name, version, percent, restricted, hosts, admit }) => {
    const { emails = [], groups = [], when } = admit ?? {}
    const admitted = [...emails, ...groups, ...(when === undefined ? [] : ['a condition'])]
    const grant = ['a grant (restricted)', ...admitted].join(' or ')
    const reached = [...(restricted ? [grant] : []), ...hosts].join(', ')
    return [name, version, toPercentText(percent), reached]
  })
  return toTable(['environment', 'version', 'visitors', 'reached by'], rows, columns)
}

const ENV_ADD = command({
  name: 'env add',
  about: 'Adds an environment. It gets no visitors before "holo shift".',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<environment>', about: 'a new name' },
    { name: '<version>', about: 'a published version' },
  ],
  options: [
    {
      flags: '--restricted',
      about: 'gets no visitors by buckets, rules or host names without a grant',
    },
    ...ADMIT,
    HOST,
  ],
  examples: [
    { command: 'holo env add canary 0.0.5', about: 'at 0 %' },
    { command: 'holo env add pr-12 0.0.5 --host pr-12.example.com', about: 'a preview, at 0 %' },
  ],
  shape: changeOutput,
  run: async (context, [name, version]: [string, string], options: EnvOptions) => {
    toEnvironmentName(name)
    toVersionId(version)
    const known = await loadCurrent(await context.api())
    if (Object.hasOwn(known.document.environments, name)) {
      throw refused('exists', `the environment "${name}" already exists`, {
        hint: `change it with "holo env set ${name}", or its version with "holo point ${name} ${version}"`,
      })
    }
    knowVersion(version, known)
    const { restricted, host } = options
    const admit = toAdmit(options)
    if (admit && !restricted) throw misuse('everybody sees a public environment: add --restricted')
    const body = {
      version,
      ...(restricted ? { restricted } : {}),
      ...(admit ? { admit } : {}),
      ...(host ? { hosts: host } : {}),
    }
    const request = {
      title: `Add ${name} with ${version}`,
      method: 'PUT',
      path: `/environments/${name}`,
      body,
      ...(restricted ? {} : { next: `holo shift ${name}=1` }),
    }
    return changeDocument(context, request, options, known)
  },
})

const ENV_SET = command({
  name: 'env set',
  about: 'Changes the given properties of an environment.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<environment>', about: 'an existing environment' }],
  options: [
    { flags: '--version <id>', about: 'the version it points at' },
    {
      flags: '--restricted',
      about:
        'only visitors with a grant get it; its versions become unreachable unless another environment opened them',
    },
    { flags: '--public', about: 'no longer restricted' },
    ...ADMIT,
    { flags: '--no-admit', about: 'admits nobody by identity any more' },
    HOST,
    { flags: '--no-hosts', about: 'removes all host names' },
  ],
  examples: [
    { command: 'holo env set qa --host qa.example.com', about: 'this host name and no other' },
    { command: "holo env set qa --admit-email '*@example.com'", about: 'who signs in with Access' },
    { command: 'holo env set dev --public', about: 'so that it may get visitors' },
  ],
  shape: changeOutput,
  run: async (context, [name]: [string], options: EnvOptions & { readonly hosts?: boolean }) => {
    toEnvironmentName(name)
    const { version, host, hosts } = options
    if (options.restricted && options.public)
      throw misuse('--restricted and --public exclude each other')
    if (host && hosts === false) throw misuse('--host and --no-hosts exclude each other')
    const admit = toAdmit(options)
    if (admit && options.admit === false) {
      throw misuse('--no-admit excludes --admit-email and --admit-group')
    }
    if (admit && options.public) throw misuse('--public excludes --admit-email and --admit-group')
    const body = {
      ...(version === undefined ? {} : { version: toVersionId(version) }),
      ...(options.restricted ? { restricted: true } : {}),
      ...(options.public ? { restricted: false } : {}),
      ...(admit ? { admit } : {}),
      ...(options.admit === false ? { admit: null } : {}),
      ...(host ? { hosts: host } : {}),
      ...(hosts === false ? { hosts: [] } : {}),
    }
    if (Object.keys(body).length === 0) {
      throw misuse('nothing to change was given', 'see: holo env set --help')
    }
    const known = await loadCurrent(await context.api())
    knowEnvironment(name, known)
    if (version !== undefined) knowVersion(version, known)
    const request = { title: `Change ${name}`, method: 'PUT', path: `/environments/${name}`, body }
    return changeDocument(context, request, options, known)
  },
})

const ENV_REMOVE = command({
  name: 'env remove',
  about:
    'Removes an environment without visitors that no rule and no fallback names, and shows who can still see its versions.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<environment>', about: 'an existing environment' }],
  examples: [
    { command: 'holo env remove canary', about: 'its version stays published' },
    { command: 'holo env remove pr-12', about: 'the end of a preview: nobody can see it any more' },
  ],
  shape: changeOutput,
  run: async (context, [name]: [string], options: ChangeOptions) => {
    toEnvironmentName(name)
    const known = await loadCurrent(await context.api())
    knowEnvironment(name, known)
    const request = { title: `Remove ${name}`, method: 'DELETE', path: `/environments/${name}` }
    return changeDocument(context, request, options, known)
  },
})

export const ENV_COMMANDS: readonly CommandRow[] = [ENV_LIST, ENV_ADD, ENV_SET, ENV_REMOVE]
