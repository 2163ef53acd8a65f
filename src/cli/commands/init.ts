// `holo init`: writes a first holo.json. It never holds a token.

import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { initOutput } from '../../wire/output.ts'
import { findBuildFolder } from '../build-folder.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { CONFIG_FILE, type Config, SCHEMA_ADDRESS } from '../config.ts'
import { misuse, refused } from '../failure.ts'
import { collect, parseServices } from '../options.ts'
import { askLine, isSomebodyThere } from '../terminal.ts'
import { trust } from '../trust.ts'

type InitOptions = SharedOptions & {
  readonly name?: string
  readonly folder?: string
  readonly service?: readonly string[]
  readonly protected?: boolean
  readonly force?: boolean
}

export const INIT = command({
  name: 'init',
  about: 'Writes a holo.json with the address of the site and the folder to publish.',
  scope: 'none',
  options: [
    { flags: '--url <address>', about: 'the address of the site; asked for on a terminal' },
    { flags: '--name <target>', about: 'the name of the target ("production")' },
    { flags: '--folder <path>', about: 'the folder to publish; detected if left out' },
    {
      flags: '--service <prefix=origin>',
      about: 'a backend; may be given several times',
      parse: collect,
    },
    { flags: '--protected', about: "changes have to be confirmed by typing the target's name" },
    { flags: '--force', about: 'overwrites an existing holo.json' },
  ],
  examples: [
    {
      command: 'holo init --url https://shop.example.com --protected',
      about: 'then set HOLO_TOKEN',
    },
  ],
  shape: initOutput,
  run: async (context, _: [], options: InitOptions) => {
    const { name = 'production', force } = options
    const url = options.url ?? (await askForAddress(context))
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw misuse(`--url takes an address such as https://shop.example.com, not "${url}"`)
    }
    if (!/^[A-Za-z0-9][\w.-]{0,62}$/.test(name)) {
      throw misuse(`"${name}" cannot be the name of a target: use letters, digits and "._-"`)
    }
    const folder = options.folder ?? (await findBuildFolder(context.cwd))?.path
    const services = options.service ? parseServices(options.service) : undefined
    const config: Config = {
      $schema: SCHEMA_ADDRESS,
      targets: {
        [name]: { url: new URL(url).origin, ...(options.protected ? { protected: true } : {}) },
      },
      ...(folder || services
        ? { publish: { ...(folder ? { folder } : {}), ...(services ? { services } : {}) } }
        : {}),
    }
    const file = join(context.cwd, CONFIG_FILE)
    await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, {
      flag: force ? 'w' : 'wx',
    }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST')
        throw refused('not_written', `${CONFIG_FILE} was not written: ${cause.message}`)
      throw refused('exists', `${CONFIG_FILE} already exists`, {
        hint: 'edit it, or add --force',
      })
    })
    // An address that the user has typed is trusted.
    await trust(new URL(url).origin, context.env)
    const json = {
      file: basename(file),
      target: name,
      url: new URL(url).origin,
      ...(folder ? { folder } : {}),
    }
    const lines = [
      `${CONFIG_FILE} was written: target "${name}" at ${json.url}${folder ? `, publishing ${folder}` : ''}`,
      'Next: export HOLO_TOKEN=…    # the token never goes into the file',
      '      holo status',
    ]
    return { json, lines }
  },
})

async function askForAddress({ streams, signal }: Context): Promise<string> {
  if (!isSomebodyThere(streams))
    throw misuse('the address of the site is missing: add --url https://…')
  return await askLine('Where is the site? https://', streams, signal).then((typed = '') => {
    const text = typed.trim()
    return /^https?:/.test(text) ? text : `https://${text}`
  })
}
