// `holo init`: detects what a project is and writes holo.json, wrangler.toml and a workflow. No file ever holds a
// token.

import { stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { z } from 'zod'
import { PACKAGE_NAME } from '../../local/package-parts.ts'
import { initOutput } from '../../wire/output.ts'
import { type CommandOutcome, type Context, command, type SharedOptions } from '../command.ts'
import { CONFIG_FILE, type Config, loadConfig } from '../config.ts'
import { misuse, refused } from '../failure.ts'
import {
  askForBuild,
  askForPackage,
  createQuestions,
  LATER,
  type Questions,
} from '../init/answers.ts'
import { type Answers, findAnswers } from '../init/find-answers.ts'
import { runLocalPreview, toPreviewLines } from '../init/local-preview.ts'
import { planFiles } from '../init/plan-files.ts'
import { isBuilt, prepareFiles, runBuild } from '../init/run-project.ts'
import { type FoundProject, findProject } from '../init/workspace.ts'
import { type FileState, writeFiles } from '../init/write-files.ts'
import { collect, parseSeconds, parseWhole } from '../options.ts'
import { isSomebodyThere } from '../terminal.ts'
import { trust } from '../trust.ts'
import { toShellWord } from '../words.ts'

type InitOptions = SharedOptions & {
  readonly name?: string
  readonly folder?: string
  readonly package?: string
  readonly service?: readonly string[]
  readonly protected?: boolean
  readonly wrangler?: boolean
  readonly workflow?: boolean
  readonly yes?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly preview?: boolean
  readonly port?: number
  readonly for?: number
}

export const INIT = command({
  name: 'init',
  about:
    'Prepares a project: detects its framework and writes holo.json, wrangler.toml and a workflow.',
  scope: 'none',
  options: [
    { flags: '--url <address>', about: `the address of the site, or "${LATER}"` },
    { flags: '--name <target>', about: 'the name of the target ("production")' },
    { flags: '--folder <path>', about: 'the folder to publish; detected if left out' },
    { flags: '--package <path>', about: 'of a monorepo, the package that is the site' },
    {
      flags: '--service <prefix=origin>',
      about: 'a backend; may be given several times',
      parse: collect,
    },
    { flags: '--protected', about: "changes have to be confirmed by typing the target's name" },
    { flags: '--no-wrangler', about: 'writes no wrangler.toml' },
    { flags: '--no-workflow', about: 'writes no workflow' },
    { flags: '-y, --yes', about: 'asks nothing: what was detected counts' },
    { flags: '--force', about: 'overwrites files that say something else' },
    { flags: '--dry-run', about: 'shows what would be written, and writes nothing' },
    {
      flags: '--preview',
      about: 'ends with the build running here in two versions, as it does on a terminal',
    },
    { flags: '--no-preview', about: 'ends when the files are written' },
    {
      flags: '--port <n>',
      about: 'of the preview; 8787 if left out, or the next free one',
      parse: parseWhole('a port is a number from 1 to 65535'),
    },
    {
      flags: '--for <seconds>',
      about: 'ends the preview by itself after this time, as in a test',
      parse: parseSeconds(),
    },
  ],
  examples: [
    { command: 'holo init', about: 'at most three questions' },
    {
      command: 'holo init --url https://shop.example.com --protected',
      about: 'then set HOLO_TOKEN',
    },
    { command: 'holo init --yes --package apps/web', about: 'a monorepo, without a question' },
  ],
  shape: initOutput,
  run: async (context, _: [], options: InitOptions) => {
    const { name = 'production' } = options
    if (!/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)) {
      throw misuse(`"${name}" cannot be the name of a target: use letters, digits and "._-"`)
    }
    const canAsk = isSomebodyThere(context.streams) && !options.yes && !options.json
    const questions = createQuestions(context, canAsk)
    const project = await findProject(context.cwd, options.package, (packages) =>
      askForPackage(questions, packages),
    )
    const present = await loadPresent(project, options.force === true)
    const answers = await findAnswers(questions, project, present, { ...options, name })
    const planned = await planFiles(context, project, present, answers)
    const { root } = project
    const dryRun = options.dryRun === true
    const force = options.force === true
    const files = await writeFiles(context, planned, { root, force, dryRun, canAsk })
    // An address that the user has typed is trusted.
    if (answers.typed !== undefined && !dryRun) await trust(answers.typed, context.env)
    const said = await describe(context, project, answers, files, dryRun)
    const isWanted = !dryRun && (options.preview ?? canAsk)
    if (!isWanted) return said
    if (!options.json) context.show({ ...said, lines: said.lines.slice(0, said.next) })
    if (!(await ensureBuilt(questions, context, project, answers.folder, options))) {
      return options.json ? said : { json: said.json, lines: toNextLines(said.json.next) }
    }
    await runLocalPreview(context, project, {
      folder: answers.folder,
      services: options.service ?? [],
      port: options.port,
      forSeconds: options.for,
      onReady: (preview) =>
        context.show({
          json: { ...said.json, preview: { ...preview, versions: [...preview.versions] } },
          lines: toPreviewLines(context.cwd, preview),
        }),
    })
    return { ...said, isShown: true }
  },
})

/**
 * Builds the project if the folder is missing and the user agrees.
 *
 * @returns whether there is something to show.
 * @throws CliFailure when a preview was asked for and there is nothing to show.
 */
async function ensureBuilt(
  questions: Questions,
  context: Context,
  project: FoundProject,
  folder: string,
  { preview, yes }: InitOptions,
): Promise<boolean> {
  const { build } = project.detected
  if (!(await isBuilt(project, folder))) {
    const missing = `${folder} is not there yet`
    if (build === undefined) {
      if (!preview) return false
      throw refused('not_built', missing, { hint: 'build first, or name another --folder' })
    }
    const isAgreed = yes || (await askForBuild(questions, build))
    if (!isAgreed && !preview) return false
    if (!isAgreed) throw refused('not_built', missing, { hint: `build first: ${build}` })
    context.say(`Running ${build} …`)
    await runBuild(context, project, build)
    if (!(await isBuilt(project, folder))) {
      throw refused('not_built', `${build} has not written ${folder}`, {
        hint: 'name the folder that it writes: --folder PATH',
      })
    }
  }
  await prepareFiles(project, folder)
  return true
}

/** holo.json of the project itself: one of a folder above is somebody else's. */
async function loadPresent({ folder }: FoundProject, force: boolean): Promise<Config | undefined> {
  const file = join(folder, CONFIG_FILE)
  if (!(await stat(file).catch(() => undefined))) return undefined
  try {
    return (await loadConfig(folder, file))?.config
  } catch (cause) {
    // What cannot be read is overwritten on --force alone.
    if (force) return undefined
    throw cause
  }
}

const NOT_INSTALLED = `wrangler.toml and the workflow use the package ${PACKAGE_NAME} in node_modules: add it to "devDependencies" (docs/cli.md)`

type Described = Omit<CommandOutcome, 'json'> & {
  readonly json: z.input<typeof initOutput>
  /** How many lines come before what to do next. */
  readonly next: number
}

async function describe(
  { cwd, style }: Context,
  project: FoundProject,
  { name, url, folder, services }: Answers,
  files: readonly FileState[],
  dryRun: boolean,
): Promise<Described> {
  const { detected, manager, inside } = project
  const { framework, kind, build, server } = detected
  const hasBuild = await isBuilt(project, folder)
  const manifest = project.files.texts['package.json'] ?? ''
  const isInstalled = manifest.includes(`"${PACKAGE_NAME}"`)
  const notes = [
    ...detected.notes,
    ...(kind === 'server' && services === undefined
      ? [
          `pages are made by a server: say where it runs with --service /=https://… (${server?.start ?? 'start it yourself'}, port ${server?.port ?? 3000})`,
        ]
      : []),
    ...(kind === 'static' && build === undefined && !hasBuild
      ? [
          `${folder} is not there, and nothing tells what writes it: name another --folder, or mend it in holo.json`,
        ]
      : []),
    ...(isInstalled || files.length === 1 ? [] : [NOT_INSTALLED]),
  ]
  const away = relative(cwd, project.folder)
  const next = [
    ...(away === '' ? [] : [`cd ${toShellWord(away)}`]),
    ...(build !== undefined && !hasBuild ? [build] : []),
    'npx --no-install holo dev',
  ]
  const json = {
    file: CONFIG_FILE,
    framework,
    kind,
    ...(build === undefined ? {} : { build }),
    folder,
    ...(inside === '' ? {} : { package: inside }),
    packageManager: manager.name,
    files: files.map(({ path, state }) => ({ path, state })),
    dryRun,
    target: name,
    ...(url === undefined ? {} : { url }),
    notes,
    next,
  }
  const what =
    kind === 'server' && framework !== 'a server' ? `${framework}, with a server` : framework
  const lines = [
    `${style.bold(what)}${inside === '' ? '' : ` in ${inside}`}: ${build ?? 'no build'}, publishes ${folder}`,
    ...(url === undefined
      ? [`no address yet: holo init --url https://…, once it is known`]
      : [`target "${name}" at ${url}`]),
    ...files.map(({ path, state }) => `  ${toStateText(state, dryRun)}  ${path}`),
    ...notes.map((note) => `${style.yellow('note:')} ${note}`),
  ]
  return { json, lines: [...lines, ...toNextLines(next)], next: lines.length }
}

function toNextLines(next: readonly string[]): string[] {
  return ['Next:', ...next.map((line) => `  ${line}`)]
}

function toStateText(state: FileState['state'], dryRun: boolean): string {
  if (!dryRun || state === 'unchanged' || state === 'kept') return state.padEnd(11)
  return state === 'written' ? 'would write' : 'would overwrite'
}
