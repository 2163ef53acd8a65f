// A project as the rows of frameworks look at it: its packages, scripts and configurations.

import { withoutComments } from './config-text.ts'
import type { PackageManager } from './package-manager.ts'
import type { ProjectFiles } from './project-files.ts'

export type Copy = { readonly from: string; readonly to: string }

export type Found = {
  /** `server`: pages are made by a server of its own, which the version's service `/` leads to. */
  readonly kind: 'static' | 'server'
  /** The folder to publish, from the project's. */
  readonly folder: string
  /** Whether the folder need not be asked for. */
  readonly isCertain: boolean
  /** What has to be copied into `folder` after the build, where the build writes no folder for visitors. */
  readonly copies?: readonly Copy[]
  /** What only a build that has succeeded writes; left out if `folder` tells as much. */
  readonly proof?: string
  /** A single-page app answers every address; otherwise each address has a page. */
  readonly pages: 'single' | 'many'
  /** The path that the build is made for; `/` for a site of its own. */
  readonly base: string
  /** The command of the build; left out where nothing is built. */
  readonly build?: string | undefined
  readonly server?: { readonly start: string | undefined; readonly port: number }
  /** What stands in the way, each with its mend. */
  readonly notes: readonly string[]
}

export type Project = {
  readonly files: ProjectFiles
  readonly manager: PackageManager
  readonly scripts: Readonly<Record<string, string>>
  readonly has: (packageName: string) => boolean
  /** The configuration `NAME.config.*` without comments; empty if there is none. */
  readonly config: (name: string) => string
  /** `homepage` of package.json. */
  readonly homepage: string | undefined
}

export function toProject(files: ProjectFiles, manager: PackageManager): Project {
  const manifest = parseObject(files.texts['package.json'])
  const packages = {
    ...parseRecord(manifest.dependencies),
    ...parseRecord(manifest.devDependencies),
  }
  const { homepage } = manifest
  return {
    files,
    manager,
    scripts: parseRecord(manifest.scripts),
    has: (name) => Object.hasOwn(packages, name),
    config: (name) => {
      const file = Object.keys(files.texts).find((one) => one.startsWith(`${name}.config.`))
      return file === undefined ? '' : withoutComments(files.texts[file] ?? '')
    },
    homepage: typeof homepage === 'string' ? homepage : undefined,
  }
}

/** The JSON object of a text; an empty one if it is none. */
export function parseObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function parseRecord(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(Object(value)).filter(([, one]) => typeof one === 'string')
  return Object.fromEntries(entries) as Record<string, string>
}
