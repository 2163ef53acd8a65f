// The calls of isolates and of the cron watchdog, which show no credential.

import type { IsolateCalls } from '../contract.ts'
import type { ControlParts } from '../parts.ts'
import type { Look } from '../publishing/adopt-edits.ts'

export function createIsolateCalls(
  parts: ControlParts,
  waitUntil: (work: Promise<unknown>) => void,
): IsolateCalls {
  const { pace, now, external, counting, experiments, probing, ledger, rollouts, marking } = parts
  const { tasks, publisher, live } = parts

  /** Reading KV may have adopted an edit of an environment that a rollout uses. */
  async function noticeAfter(look: Promise<Look>): Promise<Look> {
    const found = await look
    await rollouts.notice()
    return found
  }

  return {
    /** Replies from memory. If the report is a reason to read KV, that happens after the reply. */
    async sync(report) {
      const nextMs = pace.record(now())
      const look = external.consider(report)
      if (look) waitUntil(noticeAfter(look))
      const { down } = probing
      if (report.batch) {
        const touched = counting.receive(report.batch)
        if (touched.length > 0) waitUntil(rollouts.consider(touched))
      }
      const collected = { ...counting.collected, ...experiments.collected }
      const brief = {
        nextMs,
        ...(Object.keys(collected).length > 0 ? { collected } : {}),
        ...(down.length > 0 ? { down } : {}),
      }
      const { head } = ledger
      if (!head) return { current: undefined, text: undefined, ...brief }
      const { revision, digest, text } = head
      const current = { revision, digest }
      const has = report.held?.revision === revision && report.held.digest === digest
      if (has) return { current, text: undefined, ...brief }
      const form = marking.markOf(head)?.form
      return { current, text, ...(form === undefined ? {} : { form }), ...brief }
    },

    async watch() {
      await tasks.rearm()
      await live.check()
      if (publisher.isDue) return
      await noticeAfter(external.look())
    },
  }
}
