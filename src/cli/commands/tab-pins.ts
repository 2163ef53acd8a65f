// `holo tab-pins`: whether pages get the script that pins each tab to the version of its page.

import { changeOutput } from '../../wire/changes.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { knowEnvironment, loadCurrent } from '../document.ts'
import { misuse } from '../failure.ts'
import { toEnvironmentName } from '../options.ts'

const SETTINGS: Readonly<Record<string, boolean | null>> = { on: true, off: false, default: null }

export const TAB_PINS = command({
  name: 'tab-pins',
  about:
    'Gives pages a script that keeps each tab on the version of its page, or takes it away: in all environments, or in one.',
  scope: 'shift',
  changes: 'document',
  arguments: [
    { name: '<setting>', about: 'on, off, or default: an environment then does as all others' },
  ],
  options: [
    {
      flags: '--env <name>',
      about: 'this environment alone; its setting comes before the general one',
    },
  ],
  examples: [
    { command: 'holo tab-pins on', about: 'in every environment that has no setting of its own' },
    { command: 'holo tab-pins on --env canary', about: 'to try it with a few visitors' },
  ],
  shape: changeOutput,
  run: async (context, [setting]: [string], options: ChangeOptions & { readonly env?: string }) => {
    const on = Object.hasOwn(SETTINGS, setting) ? SETTINGS[setting] : undefined
    if (on === undefined) throw misuse(`the setting is on, off or default, not "${setting}"`)
    const { env } = options
    if (env !== undefined) toEnvironmentName(env)
    const known = await loadCurrent(await context.api())
    if (env !== undefined) knowEnvironment(env, known)
    const where = env === undefined ? '' : ` of ${env}`
    const request = {
      title: `Set pins per tab${where} to ${setting}`,
      method: 'PUT',
      path: '/tab-pins',
      body: { on, ...(env === undefined ? {} : { environment: env }) },
    }
    return changeDocument(context, request, options, known)
  },
})
