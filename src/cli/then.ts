// What was in force at an earlier time: the revision of that time, and a signed link to a version that it named.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { type revisionSummaryAsRead, revisionsAsRead } from '../wire/history.ts'
import { newPreviewAsRead } from '../wire/previews.ts'
import { versionsAsRead } from '../wire/versions.ts'
import type { Api } from './api.ts'
import { refused } from './failure.ts'
import { toTime } from './words.ts'
import { parseZonedTime } from './zoned-time.ts'

type Revision = z.output<typeof revisionSummaryAsRead>
/** `link` is null if there can be none. */
type Linked = { readonly link: Link } | { readonly link: null; readonly why: string }
type Link = { readonly id: string; readonly url: string; readonly expiresAt: number }

const LINK_S = 86_400

/** A time that is over. */
export function parseMoment(text: string): number {
  const at = parseZonedTime(text)
  if (at === undefined) {
    throw new InvalidArgumentError(
      'a time with its zone, such as 2026-11-23T14:03Z or …T15:03+01:00',
    )
  }
  if (at > Date.now()) throw new InvalidArgumentError('this time is not over yet')
  return at
}

/**
 * The revision that was the newest at a time. Numbers of revisions may have gaps, so it halves the range of numbers,
 * asking for the newest revision below one: some twenty calls for a million revisions.
 *
 * @throws CliFailure if Holo had none at that time
 */
export async function findRevision(api: Api, at: number): Promise<Revision> {
  const newest = await loadBelow(api, undefined)
  if (!newest) throw refused('no_earlier_revision', 'This Holo has no revision yet')
  if (newest.at <= at) return newest
  let best: Revision | undefined
  // What is sought has a number of at least `low` and below `high`.
  let [low, high] = [1, newest.revision]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const one = await loadBelow(api, middle + 1)
    if (!one || one.revision < low) {
      low = middle + 1
    } else if (one.at <= at) {
      best = one
      low = middle + 1
    } else {
      high = one.revision
    }
  }
  if (best) return best
  throw refused('no_earlier_revision', `Holo had no revision at ${toTime(at)}`, {
    hint: 'holo log shows when its history began',
  })
}

async function loadBelow(api: Api, before: number | undefined): Promise<Revision | undefined> {
  const query = { limit: '1', before: before === undefined ? undefined : String(before) }
  const { revisions } = await api.ask(revisionsAsRead, 'GET', '/revisions', { query })
  return revisions[0]
}

export async function makeLink(api: Api, version: string, path: string): Promise<Linked> {
  const { versions } = await api.ask(versionsAsRead, 'GET', '/versions')
  const found = versions.find(({ id }) => id === version)
  if (!found) return { link: null, why: `version ${version} is no longer retained` }
  if (found.withdrawn) return { link: null, why: `version ${version} is withdrawn` }
  const json = { versions: [version], forSeconds: LINK_S, path, note: 'holo explain --link' }
  const { id, link, expiresAt } = await api.ask(newPreviewAsRead, 'POST', '/previews', { json })
  return { link: { id, url: link, expiresAt } }
}

export function toLinkLine(version: string, linked: Linked): string {
  const { link } = linked
  if (!link) return `No link: ${linked.why}`
  return `Version ${version} until ${toTime(link.expiresAt)}, for whoever has the link: ${link.url}`
}
