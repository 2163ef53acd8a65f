// Which database an address means: `sqlite:FILE`, or `postgres://…`.

import type { OrderStore } from './orders.ts'
import { openFirstDraft, openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

export type StoreKind = 'sqlite' | 'postgres'

/** @throws Error when the address is neither, or the database cannot be opened. */
export async function openStore(
  address: string,
  isFirstDraft = false,
): Promise<{ readonly kind: StoreKind; readonly store: OrderStore }> {
  if (address.startsWith('sqlite:')) {
    return { kind: 'sqlite', store: openSqlite(address.slice('sqlite:'.length)) }
  }
  if (!address.startsWith('postgres://')) {
    throw new Error(`not a database: "${address}". Use sqlite:FILE or postgres://…`)
  }
  const open = isFirstDraft ? openFirstDraft : openPostgres
  return { kind: 'postgres', store: await open(address) }
}
