// Makes the holo.json of a project. What an existing one says stays, unless the command line says otherwise.

import { type Config, type ConfigServices, SCHEMA_ADDRESS } from '../config.ts'

type ConfigAnswers = {
  /** The name of the target. */
  readonly name: string
  /** Left out if it is not known yet. */
  readonly url: string | undefined
  readonly isProtected: boolean
  readonly folder: string | undefined
  readonly services: ConfigServices | undefined
}

export function toConfigText(
  present: Config | undefined,
  { name, url, isProtected, folder, services }: ConfigAnswers,
): string {
  const target = {
    ...present?.targets[name],
    ...(url === undefined ? {} : { url }),
    ...(isProtected ? { protected: true } : {}),
  }
  const publish = {
    ...(folder === '.' ? TOP_FOLDER : {}),
    ...present?.publish,
    ...(folder === undefined ? {} : { folder }),
    ...(services === undefined ? {} : { services: { ...present?.publish?.services, ...services } }),
  }
  const config = {
    $schema: SCHEMA_ADDRESS,
    ...present,
    targets: { ...present?.targets, ...(target.url === undefined ? {} : { [name]: target }) },
    ...(Object.keys(publish).length > 0 ? { publish } : {}),
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** Where the project itself is the site, what is beside the pages is no part of it. */
const TOP_FOLDER = {
  exclude: ['/node_modules/**', '/package.json'],
  anyFolder: true,
}
