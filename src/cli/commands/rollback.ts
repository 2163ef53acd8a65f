// The ways back: `holo rollback` to an earlier revision under a new number, `holo withdraw` for a version that
// must serve nobody any more.

import { changeOutput } from '../../wire/changes.ts'
import { revisionAsRead, revisionsAsRead } from '../../wire/history.ts'
import type { Api } from '../api.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { type KnownDocument, knowVersion, loadCurrent, readDocument } from '../document.ts'
import { refused } from '../failure.ts'
import { isNoticeable } from '../movement.ts'
import { parseWhole, toVersionId } from '../options.ts'

/** How far back the last one that differs is looked for. */
const MAX_LOOKED_BACK = 50

type RollbackOptions = ChangeOptions & { readonly to?: number }

export const ROLLBACK = command({
  name: 'rollback',
  about: 'Goes back to what an earlier revision said about environments, traffic and rules.',
  scope: 'shift',
  changes: 'document',
  options: [
    {
      flags: '--to <revision>',
      about:
        'which one ("holo log" has them); the last that gave visitors other versions if left out',
      parse: parseWhole('a revision is a whole number from 1'),
    },
  ],
  examples: [
    { command: 'holo rollback', about: 'before the last change that visitors could notice' },
    { command: 'holo rollback --to 41 --yes --wait', about: 'an exact one, without a question' },
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
      takesBack: true,
      next: 'holo status',
    }
    return changeDocument(context, request, options, known)
  },
})

/** The newest revision by which somebody would get something else than now. */
async function findEarlier(api: Api, now: KnownDocument): Promise<number> {
  const { revisions } = await api.ask(revisionsAsRead, 'GET', '/revisions', {
    query: { before: String(now.document.revision), limit: String(MAX_LOOKED_BACK) },
  })
  for (const { revision } of revisions) {
    const { text } = await api.ask(revisionAsRead, 'GET', `/revisions/${revision}`)
    if (isNoticeable(now, readDocument(text))) return revision
  }
  throw refused('no_earlier_revision', 'none of the last revisions differs in what visitors get', {
    hint: 'name one with --to; "holo log" lists them',
  })
}

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
