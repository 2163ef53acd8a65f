// `holo rollback`: an earlier revision once more, under a new number.

import { changeOutput } from '../../wire/changes.ts'
import { revisionAsRead, revisionsAsRead } from '../../wire/history.ts'
import type { Api } from '../api.ts'
import { changeDocument } from '../change.ts'
import { type ChangeOptions, command } from '../command.ts'
import { type Known, loadCurrent, readDocument } from '../document.ts'
import { refused } from '../failure.ts'
import { isNoticeable } from '../movement.ts'
import { parseWhole } from '../options.ts'

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
async function findEarlier(api: Api, now: Known): Promise<number> {
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
