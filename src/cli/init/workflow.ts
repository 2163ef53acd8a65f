// Makes the workflow of GitHub Actions that publishes each commit of the main branch, with the action that the
// package brings along. Nobody gets what it publishes before somebody shifts traffic.

import { PACKAGE_NAME } from '../../local/package-parts.ts'
import { toShellWord } from '../words.ts'
import type { Copy } from './project.ts'
import type { FoundProject } from './workspace.ts'

type WorkflowAnswers = {
  /** The address of the site; left out if it is not known yet. */
  readonly url: string | undefined
  readonly folder: string
  /** The main branch. */
  readonly branch: string
  /** The folder of the installed package, from the top of the repository. */
  readonly packageFolder: string
}

/** Several packages of a monorepo have a workflow each. */
export function toWorkflowPath(inside: string): string {
  const name = inside === '' ? '' : `-${toSlug(inside.split('/').at(-1) ?? '')}`
  return `.github/workflows/holo${name}.yml`
}

/** Lower-case letters, digits and dashes, as names of Workers and workflows have them. */
export function toSlug(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)
  return slug.replace(/-+$/, '') || 'site'
}

export function toWorkflow(
  { detected, manager, inside, installFolder }: FoundProject,
  { url, folder, branch, packageFolder }: WorkflowAnswers,
): string {
  const name = inside === '' ? 'holo' : `holo ${inside}`
  const toBelow = (at: string) => (at === '' ? [] : [`        working-directory: ${quote(at)}`])
  const below = toBelow(inside)
  const run = (command: string) => [`      - run: ${quote(command)}`, ...below]
  const isServer = detected.kind === 'server'
  return [
    '# Each commit is built and published as a version, and gets a link that shows it. Nobody else sees it until',
    '# somebody says so: holo shift, holo point or holo rollout start.',
    '#',
    '# To set up: an environment "holo" (Settings, Environments) with the secret HOLO_TOKEN, which',
    '#   holo token create ci --scope publish --scope shift --expires 90d',
    `# prints${url === undefined ? ', and the variable HOLO_URL, the address of the site' : ''}.`,
    ...(isServer
      ? ['# And the variable HOLO_ORIGIN: where the server of this version runs, https://….']
      : []),
    `name: ${quote(name)}`,
    '',
    'on:',
    '  push:',
    `    branches: [${quote(branch)}]`,
    '',
    '# One publication at a time; the next one waits.',
    'concurrency:',
    `  group: ${quote(name.replaceAll(/[ /]/g, '-'))}`,
    '',
    'permissions:',
    '  contents: read',
    '',
    'jobs:',
    '  publish:',
    '    runs-on: ubuntu-latest',
    '    environment: holo',
    '    steps:',
    '      - uses: actions/checkout@v4',
    '      - uses: actions/setup-node@v4',
    '        with:',
    '          node-version: 24',
    // The cache looks for the lockfile at the top.
    ...(manager.name === 'npm' && manager.hasLockfile && installFolder === ''
      ? ['          cache: npm']
      : []),
    ...(manager.name === 'pnpm' || manager.name === 'yarn'
      ? ['      - run: corepack enable']
      : manager.name === 'bun'
        ? ['      - uses: oven-sh/setup-bun@v2']
        : []),
    `      - run: ${manager.install}`,
    ...toBelow(installFolder),
    ...(detected.build === undefined ? [] : run(detected.build)),
    ...(detected.copies === undefined
      ? []
      : [
          '      - name: the files for browsers',
          ...below,
          '        run: |',
          ...toCopyCommands(folder, detected.copies).map((command) => `          ${command}`),
        ]),
    '      - name: publish, and make a link',
    `        uses: ./${packageFolder}`,
    '        with:',
    `          url: ${url === undefined ? expression('vars.HOLO_URL') : quote(url)}`,
    `          token: ${expression('secrets.HOLO_TOKEN')}`,
    `          folder: ${quote(folder)}`,
    ...(inside === '' ? [] : [`          working-directory: ${quote(inside)}`]),
    ...(isServer ? [`          services: /=${expression('vars.HOLO_ORIGIN')}`] : []),
    '          preview: true',
    '',
  ].join('\n')
}

/** For a shell, in the project's folder. */
function toCopyCommands(folder: string, copies: readonly Copy[]): string[] {
  const target = (to: string) => toShellWord(to === '.' ? folder : `${folder}/${to}`)
  return [
    `rm -rf ${toShellWord(folder)}`,
    `mkdir -p ${toShellWord(folder)}`,
    ...copies.flatMap(({ from, to }) => [
      `mkdir -p ${target(to)}`,
      `cp -R ${toShellWord(`${from}/.`)} ${target(to)}`,
    ]),
  ]
}

/** What GitHub fills in. */
function expression(name: string): string {
  return `\${{ ${name} }}`
}

/** A scalar of YAML. What could be read as something else is quoted, as JSON is: YAML takes that. */
function quote(text: string): string {
  return /^[A-Za-z0-9./][\w./ @=+-]*$/.test(text) && !/^[\d.]+$|\s$|: /.test(text)
    ? text
    : JSON.stringify(text)
}

/** Where the package is, or will be once it is installed, from the top of the repository. */
export function toPackageFolder(
  { inside, installFolder, manager }: Pick<FoundProject, 'inside' | 'installFolder' | 'manager'>,
  /** Whether the package is there already, in the folder of the project. */
  isInside: boolean,
): string {
  const folder = manager.name === 'pnpm' || isInside ? inside : installFolder
  return `${folder === '' ? '' : `${folder}/`}node_modules/${PACKAGE_NAME}`
}
