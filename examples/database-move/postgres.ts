// Orders in PostgreSQL: the new database. `openFirstDraft` reads it as it was first written, with two mistakes that
// the shadow finds.

import { Pool, type PoolClient } from 'pg'
import { type Order, type OrderStore, type StoredOrder, toTotal } from './orders.ts'

/** As the driver gives it: `numeric` is a text, because it may have more digits than a number. */
type Row = {
  id: number
  change: number
  customer: string
  items: Order['items']
  total: string
  status: Order['status']
  placed_at: Date
}

const CONNECT_TIMEOUT_MS = 5_000
const QUERY_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 5

const TABLE = `
  CREATE TABLE IF NOT EXISTS orders (
    id integer PRIMARY KEY,
    change integer NOT NULL,
    customer text NOT NULL,
    items jsonb NOT NULL,
    total numeric(12, 2) NOT NULL,
    status text NOT NULL,
    placed_at timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_by_change ON orders (change);
`
/** Several backends make the table at the same time; reads go on beside it. */
const MAKE_TABLE_LOCK = 'SELECT pg_advisory_xact_lock(17)'
/** One write at a time, so that changes become visible in the order of their numbers. */
const WRITE_LOCK = 'LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE'

/** Connects, and makes the table if there is none. */
export async function openPostgres(url: string): Promise<OrderStore> {
  const pool = openPool(url)
  await inTransaction(pool, MAKE_TABLE_LOCK, (client) => client.query(TABLE))
  const all = async (sql: string, ...values: unknown[]) =>
    (await pool.query<Row>(sql, values)).rows.map(toStored)
  const write = (sql: string, ...values: unknown[]) =>
    inTransaction(pool, WRITE_LOCK, async (client) => {
      const { rows } = await client.query<Row>(sql, values)
      return rows.map(toStored)[0]
    })

  return {
    list: async (customer) => {
      const rows =
        customer === undefined
          ? await all('SELECT * FROM orders ORDER BY id')
          : await all('SELECT * FROM orders WHERE customer = $1 ORDER BY id', customer)
      return rows.map(({ order }) => order)
    },
    find: async (id) => (await all('SELECT * FROM orders WHERE id = $1', id))[0]?.order,
    place: async ({ customer, items }) => {
      const placed = await write(
        `INSERT INTO orders
         SELECT coalesce(max(id), 0) + 1, coalesce(max(change), 0) + 1,
           $1::text, $2::jsonb, $3::numeric, 'placed', $4::timestamptz
         FROM orders RETURNING *`,
        customer,
        JSON.stringify(items),
        toTotal(items),
        // With milliseconds, which is what SQLite has too.
        new Date().toISOString(),
      )
      if (!placed) throw new Error('the order was not written')
      return placed
    },
    cancel: async (id) =>
      (await write(
        `UPDATE orders SET status = 'cancelled', change = (SELECT max(change) + 1 FROM orders)
         WHERE id = $1 AND status = 'placed' RETURNING *`,
        id,
      )) ?? (await all('SELECT * FROM orders WHERE id = $1', id))[0],
    lastChange: async () => {
      const sql = 'SELECT coalesce(max(change), 0) AS last FROM orders'
      const { rows } = await pool.query<{ last: number }>(sql)
      return rows[0]?.last ?? 0
    },
    changedAfter: (change, limit) =>
      all('SELECT * FROM orders WHERE change > $1 ORDER BY change LIMIT $2', change, limit),
    put: (orders) =>
      inTransaction(pool, WRITE_LOCK, async (client) => {
        for (const { order, change } of orders) {
          const { id, customer, items, total, status, placedAt } = order
          await client.query(
            `INSERT INTO orders VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO UPDATE SET change = $2, customer = $3, items = $4, total = $5,
               status = $6, placed_at = $7`,
            [id, change, customer, JSON.stringify(items), total, status, placedAt],
          )
        }
      }),
    close: () => pool.end(),
  }
}

/**
 * Reads as they were first written: the total goes out as the driver gives it, and the list has no ORDER BY, so
 * that an order that was changed moves to the end.
 */
export async function openFirstDraft(url: string): Promise<OrderStore> {
  const store = await openPostgres(url)
  const pool = openPool(url)
  const read = async (where: string, ...values: unknown[]) => {
    const { rows } = await pool.query<Row>(`SELECT * FROM orders ${where}`, values)
    return rows.map((row) => ({ ...toStored(row).order, total: row.total as unknown as number }))
  }
  return {
    ...store,
    list: (customer) => (customer === undefined ? read('') : read('WHERE customer = $1', customer)),
    find: async (id) => (await read('WHERE id = $1', id))[0],
    close: async () => {
      await pool.end()
      await store.close()
    },
  }
}

function openPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
  })
  // An idle connection that breaks is replaced by the next query.
  pool.on('error', (cause) => console.error(`PostgreSQL: ${cause.message}`))
  return pool
}

async function inTransaction<T>(
  pool: Pool,
  lock: string,
  run: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let problem: Error | undefined
  try {
    await client.query('BEGIN')
    await client.query(lock)
    const result = await run(client)
    await client.query('COMMIT')
    return result
  } catch (cause) {
    // The connection is closed, and PostgreSQL rolls back.
    problem = cause instanceof Error ? cause : new Error(String(cause))
    throw cause
  } finally {
    client.release(problem)
  }
}

function toStored({ id, change, customer, items, total, status, placed_at }: Row): StoredOrder {
  const placedAt = placed_at.toISOString()
  return { order: { id, customer, items, total: Number(total), status, placedAt }, change }
}
