// The calls that change and read the document, its history, the audit log and the events.

import { err } from '../../core/result.ts'
import { commandSchema, SCOPE_OF_COMMAND } from '../../wire/commands.ts'
import { isLimited } from '../access/token-limits.ts'
import type { DocumentCalls } from '../contract.ts'
import { makeChange } from '../document/change.ts'
import { verifyChain } from '../document/verify.ts'
import type { ControlParts } from '../parts.ts'

export function createDocumentCalls(parts: ControlParts, sql: SqlStorage): DocumentCalls {
  const { rights, external, collecting, rollouts, ledger, history, state, outbox } = parts
  return {
    async change(caller, change) {
      const command = commandSchema.safeParse(change.command)
      const scope = command.success ? SCOPE_OF_COMMAND[command.data.kind] : 'admin'
      const author = await rights.authorise(caller, scope)
      if (!author.ok) return author
      if (!command.success) {
        const problems = command.error.issues.map(({ path, message }) => ({
          path: path.join('.'),
          message,
        }))
        return err({ kind: 'invalid', problems })
      }
      if ((await external.lookWhenEmpty()) === 'unreadable') {
        const message =
          'the control has no document yet, and KV could not be read to see if it has one: try again'
        return err({ kind: 'invalid', problems: [{ path: '', message }] })
      }
      if (command.data.kind === 'replace' && isLimited(author.value.principal.limits ?? {})) {
        const why = 'the token is limited, and this command replaces the whole document'
        return err({ kind: 'denied', denial: 'forbidden', why })
      }
      const made = { ...change, command: command.data }
      const changed = await collecting.hold(() => makeChange(parts, author.value, made))
      if (changed.ok && changed.value.changed) await rollouts.notice()
      return changed
    },

    document: (caller) =>
      rights.answer(caller, 'read', async () => {
        await external.lookWhenEmpty()
        const { head } = ledger
        if (!head) return undefined
        const { revision, digest, text } = head
        return { identity: { revision, digest }, text }
      }),

    revisions: (caller, page) => rights.answer(caller, 'read', () => history.page(page)),

    revision: (caller, revision) =>
      rights.answer(caller, 'read', () => {
        const summary = history.summary(revision)
        const row = history.row(revision)
        return summary && row && { ...summary, text: row.text }
      }),

    audit: (caller, page) => rights.answer(caller, 'read', () => ledger.auditPage(page)),

    verify: (caller, copy) =>
      rights.answerAlone(caller, 'verify', () => verifyChain({ sql, history, state }, copy)),

    events: (caller, after, limit) =>
      rights.answer(caller, 'read', () => outbox.page(after, limit)),
  }
}
