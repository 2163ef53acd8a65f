// `holo withdraw`: a version that must serve nobody any more.

import { changeOutput } from '../../wire/changes.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { loadCurrent } from '../document.ts'
import { knowVersion } from '../known-names.ts'
import { toVersionId } from '../options.ts'

type WithdrawOptions = ChangeOptions & { readonly restore?: boolean }

export const WITHDRAW = command({
  name: 'withdraw',
  about: 'Lets a version serve nobody any more, open tabs included; its hashed files stay.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<version>', about: 'one that no environment points at' }],
  options: [{ flags: '--restore', about: 'takes that back' }],
  examples: [
    {
      command: 'holo withdraw 0.0.4 --reason "leaks prices"',
      about: 'open tabs move within seconds',
    },
    { command: 'holo withdraw 0.0.4 --restore', about: 'it may be pointed at again' },
  ],
  shape: changeOutput,
  run: async (context, [version]: [string], { restore, ...options }: WithdrawOptions) => {
    toVersionId(version)
    const known = await loadCurrent(await context.api())
    knowVersion(version, known)
    const request = {
      title: `${restore ? 'Restore' : 'Withdraw'} ${version}`,
      method: 'POST',
      path: '/withdraw',
      body: { version, ...(restore ? { restore: true } : {}) },
      takesBack: restore !== true,
    }
    return changeDocument(context, request, options, known)
  },
})
