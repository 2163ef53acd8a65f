// The steps of every command that changes the document: a dry run, a summary of what would move, a question,
// the change itself, and with --wait the wait until the change has reached everywhere.

import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { type changeOutput, committedAsRead, type ViewersAsRead } from '../wire/changes.ts'
import { healthAsRead } from '../wire/health.ts'
import type { Api } from './api.ts'
import type { ChangeOptions, CommandOutcome, Context } from './command.ts'
import { type KnownDocument, loadCurrent, readDocument } from './document.ts'
import { CliFailure, EXIT, misuse, refused } from './failure.ts'
import { findMovement, toMovementLines } from './movement.ts'
import { askLine, isSomebodyThere, isYes } from './terminal.ts'
import { toSeconds } from './words.ts'

export type ChangeRequest = {
  /** As in "Shift the traffic". */
  readonly title: string
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Lines that are shown above the summary of what moves. */
  readonly about?: readonly string[]
  /**
   * Whether the change takes visitors away from a version, or takes the version away from everybody. With
   * --wait the command then also says what still shows that version.
   */
  readonly takesBack?: 'visitors' | 'version' | undefined
  /** The next command; shown when something was changed. */
  readonly next?: string
}

export type ChangeOutcome = Omit<CommandOutcome, 'json'> & {
  readonly json: z.input<typeof changeOutput>
  /** The number of the rollout that the change has started. */
  readonly rollout?: number | undefined
}

/** @param known the current document, if the command has loaded it. */
export async function changeDocument(
  context: Context,
  request: ChangeRequest,
  options: ChangeOptions,
  known?: KnownDocument,
): Promise<ChangeOutcome> {
  const api = await context.api()
  const current = known ?? (await loadCurrent(api))
  const seen = options.ifRevision ?? current.document.revision
  const planned = await send(api, request, { seen, options, dryRun: true })
  const after = planned.text === undefined ? current : readDocument(planned.text)
  const movement = findMovement(current, after)
  const target = await context.target()
  const { closed } = planned
  const told = {
    target: target.name,
    previous: seen,
    ...movement,
    ...(closed.length > 0 ? { closed } : {}),
  }
  if (planned.revision === seen) {
    const json = { ...told, dryRun: options.dryRun === true, changed: false, revision: seen }
    return { json, lines: [`Nothing to do: revision ${seen} already has this content`] }
  }
  const plan = [
    `${request.title} at ${target.name}, revision ${seen} → ${planned.revision}`,
    ...(request.about ?? []).map((line) => `  ${line}`),
    ...[...toMovementLines(movement), ...toViewerLines(closed)].map((line) => `  ${line}`),
  ]
  if (options.dryRun) {
    const json = { ...told, dryRun: true, changed: false, revision: planned.revision }
    return { json, lines: [...plan, 'Dry run: nothing was changed'] }
  }
  if (!options.json) for (const line of plan) context.say(line)
  await confirm(context, options, plan)
  const done = await send(api, request, { seen, options, dryRun: false })
  const acceptedAt = performance.now()
  const lines = [`Done: revision ${done.revision}`]
  let waited: Everywhere | undefined
  if (options.wait) {
    context.say('Waiting until the change has reached everywhere …')
    waited = await waitUntilEverywhere(api, done.revision, acceptedAt, context.signal)
    lines.push(
      `In KV after ${toSeconds(waited.publishedMs)}; used for every page after ${toSeconds(waited.everywhereMs)}`,
    )
  }
  const later = waited && request.takesBack && REACHED_LATER[request.takesBack]
  if (later) lines.push('Not reached yet:', ...later.map((line) => `  ${line}`))
  if (request.next !== undefined) lines.push(`Next: ${request.next}`)
  const json = {
    ...told,
    dryRun: false,
    changed: done.changed,
    revision: done.revision,
    ...waited,
    ...(later ? { reachedLater: [...later] } : {}),
  }
  return { json, lines, rollout: done.rollout?.id }
}

type Sent = {
  readonly seen: number
  readonly options: Pick<ChangeOptions, 'reason' | 'belowFloor' | 'outsideWindow'>
  readonly dryRun: boolean
}

function send(
  api: Api,
  { method, path, query, body }: ChangeRequest,
  { seen, options: { reason, belowFloor, outsideWindow }, dryRun }: Sent,
) {
  return api.ask(committedAsRead, method, path, {
    ifRevision: seen,
    query: {
      ...query,
      reason,
      ...(dryRun ? { dryRun: 'true' } : {}),
      ...(belowFloor ? { belowFloor: 'true' } : {}),
      ...(outsideWindow ? { outsideWindow: 'true' } : {}),
    },
    ...(body === undefined ? {} : { json: body }),
  })
}

/**
 * Asks for a confirmation if there is a terminal and no `--yes`. On a terminal, the name of a protected
 * target must be typed even with `--yes`.
 *
 * @param plan what is confirmed; shown here only with `--json`, because otherwise it was shown before.
 */
export async function confirm(
  context: Context,
  { yes, json }: Pick<ChangeOptions, 'yes' | 'json'>,
  plan: readonly string[],
): Promise<void> {
  const { streams, say, signal } = context
  const target = await context.target()
  const isThere = isSomebodyThere(streams)
  if (!isThere && !yes) {
    throw misuse(
      'there is no terminal to ask on, and --yes was not given',
      'look with --dry-run first, then repeat the command with --yes',
    )
  }
  const isAsked = isThere && (target.isProtected || !yes)
  if (!isAsked) return
  if (json) for (const line of plan) say(line)
  if (target.isProtected) {
    const typed = await askLine(`Type "${target.name}" to continue: `, streams, signal)
    if (typed?.trim() === target.name) return
  } else if (isYes(await askLine('Continue? [y/N] ', streams, signal))) return
  throw refused('not_confirmed', 'you did not confirm the change: nothing was changed')
}

/** One line for each version. */
function toViewerLines(closed: readonly ViewersAsRead[]): string[] {
  return closed.map(({ version, seenIn }) =>
    seenIn.length === 0
      ? `version ${version} becomes unreachable: nobody can see it any more`
      : `version ${version} can still be seen ${seenIn.map(toPlace).join(', ')}`,
  )
}

function toPlace({ environment, by }: ViewersAsRead['seenIn'][number]): string {
  if (environment === undefined) return 'by visitors who had it before'
  switch (by) {
    case 'bucket':
      return `by visitors of ${environment}`
    case 'rule':
      return `by visitors whom a rule sent to ${environment}`
    case 'host':
      return `under the host names of ${environment}`
    case 'grant':
      return `in ${environment} with a grant`
    default:
      return `in ${environment} (${by})`
  }
}

/** The default of the edge's `STALE_AFTER_MS`, which an older Holo does not report. */
const STALE_AFTER_MS = 5000

const POLL_MS = 500
/** The control spaces and retries its writes to KV. After this time the publication counts as failed. */
const PUBLISH_TIMEOUT_MS = 120_000

type Everywhere = {
  /** From the accepted change to KV having it, in milliseconds. */
  readonly publishedMs: number
  /** From the accepted change until the edge uses it for every page, in milliseconds. */
  readonly everywhereMs: number
}

/** Pages that are shown without a request to Holo. */
const PAGES_REACHED_LATER = [
  "pages that a service worker shows from its cache: after its next update check and one reload, with Angular's worker later",
  'pages that a browser keeps in memory for Back and Forward: when they are reloaded',
]

/** What a change that takes something back reaches only later. docs/frameworks.md says more of workers. */
const REACHED_LATER = {
  visitors: [
    'open tabs: they stay on their version and its backend until they load a page; "holo withdraw VERSION" stops that',
    ...PAGES_REACHED_LATER,
    'a release that differs in no file which the service worker keeps: only "holo withdraw VERSION" reaches its visitors',
  ],
  version: PAGES_REACHED_LATER,
} as const

/**
 * Waits until KV has the revision, and until the edge uses it for every page (docs/operations.md).
 *
 * @param acceptedAt when the change was accepted, by `performance.now()`.
 */
export async function waitUntilEverywhere(
  api: Api,
  revision: number,
  acceptedAt: number,
  signal: AbortSignal,
): Promise<Everywhere> {
  let staleAfterMs = STALE_AFTER_MS
  for (;;) {
    const { control, ...edge } = await api.ask(healthAsRead, 'GET', '/health')
    staleAfterMs = edge.staleAfterMs ?? STALE_AFTER_MS
    if ((control?.published ?? 0) >= revision) break
    if (performance.now() - acceptedAt > PUBLISH_TIMEOUT_MS) {
      throw new CliFailure(
        'not_published',
        EXIT.unreachable,
        `revision ${revision} is committed, but it is not in KV: ${control?.publishError ?? 'the reason is not known'}`,
        { hint: 'the edge gets it from the control all the same; check with "holo status"' },
      )
    }
    await sleep(POLL_MS, undefined, { signal })
  }
  const publishedMs = Math.round(performance.now() - acceptedAt)
  // No page is decided on a copy that is older than this, while the control answers.
  if (publishedMs < staleAfterMs) await sleep(staleAfterMs - publishedMs, undefined, { signal })
  return { publishedMs, everywhereMs: Math.round(performance.now() - acceptedAt) }
}
