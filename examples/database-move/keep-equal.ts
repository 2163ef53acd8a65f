// Keeps two databases equal: `node keep-equal.ts ADDRESS ADDRESS [--once]`. Whichever has the higher change is copied
// to the other one, so it first copies everything, then follows, and turns round when the other one writes.
// It can be ended and started at any time: how far it came is the last change of the database it writes to.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openStore } from './open-store.ts'
import type { OrderStore } from './orders.ts'

const BATCH_ROWS = 500
const INTERVAL_MS = 100

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { once: { type: 'boolean', default: false } },
})
const [first, second] = positionals
if (first === undefined || second === undefined) throw new Error('two databases are needed')
const one = (await openStore(first)).store
const other = (await openStore(second)).store

/** Copies until both have the same last change, which it returns. */
async function makeEqual(): Promise<number> {
  for (;;) {
    const [changeOfOne, changeOfOther] = await Promise.all([one.lastChange(), other.lastChange()])
    if (changeOfOne === changeOfOther) return changeOfOne
    if (changeOfOne > changeOfOther) await copy(one, other, changeOfOther)
    else await copy(other, one, changeOfOne)
  }
}

async function copy(from: OrderStore, to: OrderStore, after: number): Promise<void> {
  const orders = await from.changedAfter(after, BATCH_ROWS)
  await to.put(orders)
  console.log(`${orders.length} copied`)
}

let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isEnding = true
  })
}
let told: number | undefined
do {
  try {
    const change = await makeEqual()
    if (change !== told) console.log(`equal at change ${change}`)
    told = change
  } catch (cause) {
    if (values.once) throw cause
    // A database that is away for a while is tried again.
    console.error(cause instanceof Error ? cause.message : cause)
  }
  if (!values.once) await sleep(INTERVAL_MS)
} while (!values.once && !isEnding)
await Promise.all([one.close(), other.close()])
