// The Worker's variables as one total value: below this line nothing is missing or misspelt.

import { checkOrigin, normaliseOrigin } from './assignments/origin.ts'
import type { Env } from './env.ts'

export type Settings = {
  /** Milliseconds between two looks at KV. */
  readonly refreshMs: number
  /** Answers while nothing has been published. */
  readonly defaultOrigin: string | undefined
  readonly allowInsecure: boolean
}

const DEFAULT_REFRESH_MS = 30_000
/** KV bills every look, and more than ten a second show nothing that one would not. */
const SHORTEST_REFRESH_MS = 100

/** A variable that cannot be meant is replaced by its default, and the log says so. */
export function readSettings(env: Env): Settings {
  const allowInsecure = env.ALLOW_INSECURE_ORIGINS === 'true'
  const refreshMs = Number(env.REFRESH_MS)
  const isRefreshable = refreshMs >= SHORTEST_REFRESH_MS && Number.isFinite(refreshMs)
  if (!isRefreshable) {
    console.warn(
      `REFRESH_MS must be a number from ${SHORTEST_REFRESH_MS}: taking ${DEFAULT_REFRESH_MS}`,
    )
  }
  const mistake = env.DEFAULT_ORIGIN && checkOrigin(env.DEFAULT_ORIGIN, allowInsecure)
  if (mistake) console.warn(`DEFAULT_ORIGIN is not used: ${mistake}`)
  return {
    refreshMs: isRefreshable ? refreshMs : DEFAULT_REFRESH_MS,
    defaultOrigin: env.DEFAULT_ORIGIN && !mistake ? normaliseOrigin(env.DEFAULT_ORIGIN) : undefined,
    allowInsecure,
  }
}
