// `holo publish`: publishes a folder as a version. No environment points at the version yet, so no
// confirmation is needed.

import type * as z from 'zod'
import { toSize } from '../../core/amounts.ts'
import { HTML_HANDLING, NOT_FOUND } from '../../core/site/manifest-config.ts'
import { copyFrameworkPin } from '../../document/framework-pin.ts'
import type { PublishedService } from '../../document/service.ts'
import { removeEncoded } from '../../publish/encode-contents.ts'
import { showProgress } from '../../publish/progress.ts'
import { SOURCE_MAPS } from '../../publish/source-maps.ts'
import { type UploadOptions, type UploadResult, uploadFolder } from '../../publish/upload.ts'
import { environmentsAsRead } from '../../wire/environments.ts'
import { flagsAsRead } from '../../wire/flags.ts'
import { publishOutput } from '../../wire/output.ts'
import type { Api } from '../api.ts'
import { makeFirstDocument, toFirstCommand } from '../begin.ts'
import { type Context, command } from '../command.ts'
import { CliFailure, EXIT, misuse } from '../failure.ts'
import { describeFrameworkPin, listPinWarnings } from '../framework-pin.ts'
import { loadRetained } from '../newest-versions.ts'
import { collect, toEnvironmentName, toVersionId } from '../options.ts'
import { loadPublishSettings, type PublishOptions } from '../publish-settings.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { toStyle } from '../terminal.ts'
import { createUploadTarget } from '../upload-api.ts'
import { toCount, toSeconds } from '../words.ts'

export const PUBLISH = command({
  name: 'publish',
  about: 'Publishes a folder as a version. Only files that are not stored yet are uploaded.',
  scope: 'publish',
  arguments: [
    {
      name: '[folder]',
      about: 'if left out, the one in holo.json, or dist, build, out, .output/public …',
    },
  ],
  options: [
    { flags: '--version <id>', about: 'the id of the version: 1.4.0, a date, a commit' },
    {
      flags: '--service <prefix=origin>',
      about: 'a backend: /api/=https://api.example.com; may be given several times',
      parse: collect,
    },
    {
      flags: '--hashed <glob>',
      about: 'files whose names change with their content; may be given several times',
      parse: collect,
    },
    {
      flags: '--exclude <glob>',
      about: 'files that are not published; may be given several times',
      parse: collect,
    },
    {
      flags: '--allow <glob>',
      about: 'publishes files that look like server code or secrets; may be given several times',
      parse: collect,
    },
    {
      flags: '--source-maps <who>',
      about: `source maps: ${SOURCE_MAPS.join(', ')}; private if left out: only "holo errors" reads them`,
    },
    {
      flags: '--not-found <handling>',
      about: `what answers when no file matches: ${NOT_FOUND.join(', ')}; detected from the files if left out`,
    },
    {
      flags: '--html-handling <handling>',
      about: `the addresses of pages: ${HTML_HANDLING.join(', ')} (the first if left out)`,
    },
    {
      flags: '--framework-pin <pin>',
      about:
        'what the framework sends as a pin: next,id=ID, or id=ID,header=NAME,query=NAME; found in the files if left out',
    },
    { flags: '--no-framework-pin', about: 'nothing that the framework sends counts as a pin' },
    {
      flags: '--floor <version>',
      about:
        'the oldest version that one may go back to from this one, as after a column was dropped (docs/safety.md)',
    },
    {
      flags: '--any-folder',
      about: 'publishes the folder although it does not look like a finished site',
    },
    { flags: '--dry-run', about: 'shows what would be published, and sends nothing' },
    { flags: '--commit <hash>', about: 'taken from git if left out' },
    { flags: '--author <name>', about: 'taken from git if left out' },
    {
      flags: '--first <environment>',
      about: 'for an empty Holo: writes the first document, with this environment for everybody',
    },
    { flags: '-y, --yes', about: 'with --first: do not ask' },
  ],
  examples: [
    {
      command: 'holo publish ./dist --version 1.4.0 --service /api/=https://api-14.example.com',
      about: 'files, and the backend that belongs to them',
    },
    {
      command: 'holo publish --version "$(git rev-parse --short HEAD)"',
      about: 'the build folder, which is detected',
    },
  ],
  shape: publishOutput,
  run: async (context, [named]: [string | undefined], options: PublishOptions) => {
    if (options.version === undefined) {
      throw misuse(
        'the id of the version is missing: add --version',
        'such as --version 1.4.0, or --version "$(git rev-parse --short HEAD)"',
      )
    }
    keepHeapSmall()
    const version = toVersionId(options.version)
    const environment = options.first === undefined ? undefined : toEnvironmentName(options.first)
    const startedAt = performance.now()
    const { name: target } = await context.target()
    const settings = await loadPublishSettings(context, named, version, options)
    const { folder, services, authorship, isDirty } = settings
    const api = await context.api()
    const retained = await loadRetained(api)
    const dryRun = options.dryRun === true
    const flags = await loadFlagKeys(api)
    const upload = await runUpload(context, api, { ...settings.upload, retained, dryRun, flags })
    // After a dry run they stay, because the publication itself needs them.
    if (!dryRun) await removeEncoded(settings.upload.encodedFolder)
    const pin = upload.frameworkPin
    const warnings = [
      ...upload.warnings,
      ...listPinWarnings(version, pin?.pin, retained),
      ...(isDirty ? [UNCOMMITTED] : []),
      ...(environment !== undefined && upload.revision !== undefined ? [NOT_THE_FIRST] : []),
    ]
    const first = {
      folder,
      version,
      services,
      frameworkPin: pin?.pin,
      floor: settings.upload.floor,
    }
    const isFirst = !dryRun && upload.revision === undefined && environment !== undefined
    const revision = isFirst
      ? await makeFirstDocument(context, environment, first, upload.manifest, options)
      : upload.revision
    const next = dryRun
      ? 'the same command without --dry-run'
      : revision === undefined
        ? toFirstCommand(first)
        : await toNextStep(api, version)
    const { requests, classA: a, classB: b } = api.cost()
    const json = {
      target,
      version,
      folder,
      ...upload,
      frameworkPin: pin && copyFrameworkPin(pin.pin),
      dryRun,
      ...(revision === undefined ? {} : { revision }),
      requests,
      storeOperations: { a, b },
      ...authorship,
      warnings,
      next,
    }
    const style = toStyle(context.streams.stderr, context.env)
    for (const warning of options.json ? [] : warnings) {
      context.say(`${style.yellow('warning:')} ${warning}`)
    }
    const said = [
      ...(pin ? [describeFrameworkPin(pin)] : []),
      ...(upload.privateFiles > 0 ? [describePrivate(upload.privateFiles)] : []),
    ]
    return { json, lines: toLines(json, services, performance.now() - startedAt, said) }
  },
})

function describePrivate(count: number): string {
  return count === 1
    ? 'A source map is private: it is not served, and "holo errors" reads it'
    : `${count} source maps are private: they are not served, and "holo errors" reads them`
}

type Printed = z.input<typeof publishOutput>

const UNCOMMITTED = 'git has uncommitted changes here, so the version differs from its commit'
const NOT_THE_FIRST = '--first was ignored: this Holo already has a document'

function toLines(
  json: Printed,
  services: readonly PublishedService[],
  ms: number,
  said: readonly string[],
): string[] {
  const { version, folder, files, bytes, uploaded, uploadedBytes, reused, isKnown, next, target } =
    json
  const { a, b } = json.storeOperations
  const what = `${toCount(files, 'file')}, ${toSize(bytes)}`
  const from = `From ${folder}. When no file matches: ${describeNotFound(json.notFound, services)}`
  if (json.dryRun) {
    return [
      `Would publish ${version} at ${target}: ${what}. Nothing was sent`,
      from,
      ...said,
      `Next: ${next}`,
    ]
  }
  return [
    isKnown
      ? `${version} was already published at ${target} with the same content`
      : `Published ${version} at ${target}: ${what}, in ${toSeconds(ms)}`,
    from,
    ...said,
    `${toCount(uploaded, 'blob')} uploaded (${toSize(uploadedBytes)}), ${reused} stored before`,
    `${toCount(json.requests, 'request')}; in R2 ${toCount(a, 'write or list', 'writes and lists')}, ${toCount(b, 'read')}`,
    `Next: ${next}`,
  ]
}

function describeNotFound(
  notFound: Printed['notFound'],
  services: readonly PublishedService[],
): string {
  if (services.some(({ prefix }) => prefix === '/')) return 'the service at / answers'
  switch (notFound) {
    case '404-page':
      return 'the nearest 404.html, with status 404'
    case 'single-page-application':
      return 'the app (/index.html), with status 200'
    case 'none':
      return 'a plain 404'
  }
}

/** The next command, for a Holo whose document has the version. */
async function toNextStep(api: Api, version: string): Promise<string> {
  const { environments } = await api.ask(environmentsAsRead, 'GET', '/environments')
  const isAt = environments.find((one) => one.version === version)
  if (isAt) return isAt.percent > 0 ? 'holo status' : `holo shift ${isAt.name}=1`
  const [, ...others] = environments.filter(({ restricted }) => !restricted)
  const [quietest] = others.toSorted((a, b) => a.percent - b.percent)
  return quietest ? `holo point ${quietest.name} ${version}` : `holo env add canary ${version}`
}

async function runUpload(
  context: Context,
  api: Api,
  options: UploadOptions,
): Promise<UploadResult> {
  const { signal, progress, env, shared } = context
  const bar = progress && !shared.json ? showProgress(options.id, progress, env) : undefined
  let last = { files: 0, ofFiles: 0, doing: '' }
  try {
    return await uploadFolder(
      createUploadTarget(api, signal),
      options,
      (step) => {
        last = step
        bar?.report(step)
      },
      signal,
    )
  } catch (cause) {
    const isLost = cause instanceof CliFailure && cause.exitCode === EXIT.unreachable
    if (!signal.aborted && !isLost) throw cause
    const sent =
      last.doing === 'uploading'
        ? `${last.files} of ${last.ofFiles} blobs are uploaded`
        : 'nothing is lost'
    const hint = `${sent}: repeat the command to continue`
    if (isLost)
      throw new CliFailure(cause.code, cause.exitCode, cause.message, { ...cause.details, hint })
    throw new CliFailure(
      'interrupted',
      EXIT.interrupted,
      `stopped; ${options.id} is not published`,
      { hint },
    )
  } finally {
    bar?.end()
  }
}

/** The flags that the files are searched for; `undefined` if there is no document, or an older Holo. */
async function loadFlagKeys(api: Api): Promise<readonly string[] | undefined> {
  try {
    const { flags } = await api.ask(flagsAsRead, 'GET', '/flags')
    return Object.keys(flags)
  } catch (cause) {
    // Without them the version is published all the same; "holo flags stale" says that it was not searched.
    if (cause instanceof CliFailure && cause.exitCode === EXIT.refused) return undefined
    throw cause
  }
}
