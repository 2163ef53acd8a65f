// Three tabs of one browser over a release and its rollback, clicked through by turns until a time is over.
// What a click is, and how the site is moved, is said by whoever walks.

/** Five minutes of a visitor with `HOLO_WALK_MINUTES=5`; a few seconds without it. */
export const WALK_MS = Number(process.env.HOLO_WALK_MINUTES ?? 0.1) * 60_000
if (!(WALK_MS > 0)) throw new Error('HOLO_WALK_MINUTES is to be a number of minutes')

/** A walk of which so much is wrong has shown enough. */
const MAX_WRONG = 20

/** Which part of the time is before the rollback. */
const BEFORE_ROLLBACK = 0.4

export type Clicked = Readonly<Record<string, unknown>>

export type Walk = {
  readonly older: string
  readonly newer: string
  /** Opens a tab, and returns what clicks in it: which version answered, by what was asked. */
  readonly open: (version: string) => Promise<() => Promise<Clicked>>
  readonly release: () => Promise<void>
  readonly rollBack: () => Promise<void>
  /** Which version is to answer, if not the tab's own: `last` is that of the tab that was opened last. */
  readonly promised?: (what: string, own: string, last: string) => string
}

export type Walked = {
  /** How often was clicked in each tab. */
  readonly clicks: readonly number[]
  /** How many answers told their version. */
  readonly answers: number
  /** Answers of another version than promised, and clicks that failed. */
  readonly wrong: readonly string[]
}

/**
 * The first tab is opened before the release and clicked in only after it, so that it loads late what it has not
 * needed before. The second is opened after the release, the third after the rollback.
 */
export async function walkThreeTabs(walk: Walk): Promise<Walked> {
  const tabs: { version: string; click: () => Promise<Clicked>; clicks: number }[] = []
  const wrong: string[] = []
  let answers = 0

  async function open(version: string): Promise<void> {
    tabs.push({ version, click: await walk.open(version), clicks: 0 })
  }

  async function clickIn(tab: (typeof tabs)[number]): Promise<void> {
    const name = `tab ${tabs.indexOf(tab) + 1} of ${tabs.length}, click ${++tab.clicks}`
    const last = tabs.at(-1)?.version ?? tab.version
    try {
      for (const [what, version] of Object.entries(await tab.click())) {
        answers++
        const expected = walk.promised?.(what, tab.version, last) ?? tab.version
        if (version !== expected) {
          wrong.push(`${name}: ${what} is of ${version}, not of ${expected}`)
        }
      }
    } catch (cause) {
      wrong.push(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }

  /** At least once in each tab, the newest first. */
  async function clickFor(share: number): Promise<void> {
    const end = Date.now() + share * WALK_MS
    do {
      for (const tab of tabs.toReversed()) {
        if (wrong.length < MAX_WRONG) await clickIn(tab)
      }
    } while (Date.now() < end && wrong.length < MAX_WRONG)
  }

  await open(walk.older)
  await walk.release()
  await open(walk.newer)
  await clickFor(BEFORE_ROLLBACK)
  await walk.rollBack()
  await open(walk.older)
  await clickFor(1 - BEFORE_ROLLBACK)
  return { clicks: tabs.map(({ clicks }) => clicks), answers, wrong }
}

/** One line for whoever runs a long walk. */
export function tellWalk(name: string, walked: Walked, problems: readonly string[]): string {
  const clicks = walked.clicks.join(' + ')
  const wrong = `${walked.wrong.length} wrong, ${problems.length} failed requests and errors`
  return `${name}: ${clicks} rounds of clicks in ${WALK_MS / 60_000} min, ${walked.answers} answers, ${wrong}`
}
