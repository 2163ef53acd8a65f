// The first document of an empty Holo, made of a version that was just published: everybody gets it.

import type { PublishedService } from '../document/service.ts'
import { beginDocument } from './begin.ts'
import type { ChangeOptions, Context } from './command.ts'
import { toShellWord } from './words.ts'

/** As the document's schema has it. */
const MAX_SALT_CHARACTERS = 64

export type First = {
  readonly folder: string
  readonly version: string
  readonly services: readonly PublishedService[]
}

/** @returns the revision it made. */
export async function makeFirstDocument(
  context: Context,
  environment: string,
  { version, services }: First,
  manifest: string,
  options: ChangeOptions,
): Promise<number> {
  const document = {
    schema: 1,
    revision: 1,
    salt: (await context.target()).url.hostname.slice(0, MAX_SALT_CHARACTERS),
    environments: { [environment]: { version } },
    traffic: { [environment]: 100 },
    versions: { [version]: { manifest, services, published: new Date().toISOString() } },
  }
  const title = `Begin with ${environment} at ${version} for everybody`
  const { json } = await beginDocument(context, title, document, options)
  return json.revision
}

/** The command that publishes the same once more, and makes the first document of it. */
export function toFirstCommand({ folder, version, services }: First): string {
  const given = services.flatMap(({ prefix, origins }) =>
    origins.map((origin) => `--service ${toShellWord(`${prefix}=${origin}`)}`),
  )
  const words = ['holo publish', toShellWord(folder), `--version ${version}`, ...given]
  return [...words, '--first main'].join(' ')
}
