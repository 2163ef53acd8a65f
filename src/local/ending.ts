// Miniflare ends the process at once when a signal comes. A command that has more to end than miniflare takes that
// listener away, and listens itself.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Removes the listeners that `start` adds for signals. */
export async function keepSignals<Started>(start: () => Promise<Started>): Promise<Started> {
  const before = new Set(SIGNALS.flatMap((signal) => process.listeners(signal)))
  try {
    return await start()
  } finally {
    for (const signal of SIGNALS) {
      for (const listener of process.listeners(signal)) {
        if (!before.has(listener)) process.off(signal, listener)
      }
    }
  }
}
