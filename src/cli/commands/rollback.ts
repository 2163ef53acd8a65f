// `holo rollback` commits the content of an earlier revision as a new one. `holo withdraw` withdraws a version
// that must serve nobody any more.

import { changeOutput } from '../../wire/changes.ts'
import { revisionAsRead, revisionsAsRead } from '../../wire/history.ts'
import type { Api } from '../api.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { type KnownDocument, knowVersion, loadCurrent, readDocument } from '../document.ts'
import { refused } from '../failure.ts'
import { isNoticeable } from '../movement.ts'
import { parseWhole, toVersionId } from '../options.ts'

/** How many revisions are searched for the last one that differs. */
const MAX_LOOKED_BACK = 50

type RollbackOptions = ChangeOptions & { readonly to?: number }

export const ROLLBACK = command({
  name: 'rollback',
  about: 'Restores environments, traffic and rules of an earlier revision.',
  scope: 'shift',
  changes: 'document',
  options: [
    {
      flags: '--to <revision>',
      about:
        'the revision ("holo log" lists them); if left out, the last with other environments, traffic or rules',
      parse: parseWhole('a revision is a whole number from 1'),
    },
  ],
  examples: [
    { command: 'holo rollback', about: 'undoes the last change that visitors could notice' },
    { command: 'holo rollback --to 41 --yes --wait', about: 'to revision 41, without a question' },
  ],
  shape: changeOutput,
  run: async (context, _: [], options: RollbackOptions) => {
    const api = await context.api()
    const known = await loadCurrent(api)
    const to = options.to ?? (await findEarlier(api, known))
    const request = {
      title: `Roll back to revision ${to}`,
      method: 'POST',
      path: '/rollback',
      body: { to },
      takesBack: 'visitors' as const,
      next: 'holo status',
    }
    return changeDocument(context, request, options, known)
  },
})

/** The newest revision that would give some visitors something else than the current one. */
async function findEarlier(api: Api, now: KnownDocument): Promise<number> {
  const { revisions } = await api.ask(revisionsAsRead, 'GET', '/revisions', {
    query: { before: String(now.document.revision), limit: String(MAX_LOOKED_BACK) },
  })
  for (const { revision } of revisions) {
    const { text } = await api.ask(revisionAsRead, 'GET', `/revisions/${revision}`)
    if (isNoticeable(now, readDocument(text))) return revision
  }
  throw refused('no_earlier_revision', 'the last revisions all give visitors the same', {
    hint: 'name a revision with --to; "holo log" lists them',
  })
}

type WithdrawOptions = ChangeOptions & { readonly restore?: boolean }

export const WITHDRAW = command({
  name: 'withdraw',
  about: 'Withdraws a version, so that nobody gets it, not even open tabs. Its hashed files stay.',
  scope: 'shift',
  changes: 'document',
  arguments: [{ name: '<version>', about: 'a version that no environment points at' }],
  options: [{ flags: '--restore', about: 'undoes a withdrawal' }],
  examples: [
    {
      command: 'holo withdraw 0.0.4 --reason "leaks prices"',
      about: 'open tabs get another version within seconds',
    },
    { command: 'holo withdraw 0.0.4 --restore', about: 'environments may point at it again' },
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
      takesBack: restore ? undefined : ('version' as const),
    }
    return changeDocument(context, request, options, known)
  },
})
