// Which package manager a project uses, and how its commands are written.

const LOCKFILES = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
] as const

type ManagerName = (typeof LOCKFILES)[number][1]

export type PackageManager = {
  readonly name: ManagerName
  readonly hasLockfile: boolean
  /** The command that runs a script of package.json. */
  readonly run: (script: string) => string
  /** The beginning of a command that runs a tool of node_modules. */
  readonly exec: string
  /** Installs what the lockfile says, or, without one, what package.json says. */
  readonly install: string
}

const EXEC = { npm: 'npx --no-install', pnpm: 'pnpm exec', yarn: 'yarn run', bun: 'bunx' } as const
const FROZEN = {
  npm: 'npm ci',
  pnpm: 'pnpm install --frozen-lockfile',
  yarn: 'yarn install --immutable',
  bun: 'bun install --frozen-lockfile',
} as const

/** @param names of the files in a folder. */
export function hasLockfile(names: readonly string[]): boolean {
  return LOCKFILES.some(([file]) => names.includes(file))
}

/**
 * @param names of the files beside package.json, and then of those in the folders above, nearest first.
 * @param stated `packageManager` of package.json, such as `pnpm@10.1.0`.
 */
export function choosePackageManager(
  names: readonly (readonly string[])[],
  stated: string | undefined,
): PackageManager {
  const files = names.find(hasLockfile)
  const locked = LOCKFILES.find(([file]) => files?.includes(file))?.[1]
  const said = LOCKFILES.find(([, one]) => stated?.startsWith(`${one}@`))?.[1]
  const name = locked ?? said ?? 'npm'
  // The first Yarn has another word for it.
  const isOldYarn = name === 'yarn' && !/^yarn@[2-9]/.test(stated ?? '')
  const frozen = isOldYarn ? 'yarn install --frozen-lockfile' : FROZEN[name]
  return {
    name,
    hasLockfile: locked !== undefined,
    run: (script) => (name === 'npm' && script === 'start' ? 'npm start' : `${name} run ${script}`),
    exec: EXEC[name],
    install: locked === undefined ? `${name} install` : frozen,
  }
}
