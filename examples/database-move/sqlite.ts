// Orders in SQLite: the old database.

import { DatabaseSync } from 'node:sqlite'
import { type Order, type OrderStore, type StoredOrder, toTotal } from './orders.ts'

type Row = {
  id: number
  change: number
  customer: string
  items: string
  total: number
  status: Order['status']
  placed_at: string
}

const TABLE = `
  PRAGMA journal_mode = WAL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    change INTEGER NOT NULL,
    customer TEXT NOT NULL,
    items TEXT NOT NULL,
    total REAL NOT NULL,
    status TEXT NOT NULL,
    placed_at TEXT NOT NULL
  );
  CREATE UNIQUE INDEX IF NOT EXISTS orders_by_change ON orders (change);
`

/** Opens the file, and makes it if there is none. */
export function openSqlite(path: string): OrderStore {
  const database = new DatabaseSync(path)
  database.exec(TABLE)
  const all = (sql: string, ...values: (string | number)[]): StoredOrder[] =>
    (database.prepare(sql).all(...values) as Row[]).map(toStored)
  const find = (id: number) => all('SELECT * FROM orders WHERE id = ?', id)[0]

  return {
    list: async (customer) => {
      const rows =
        customer === undefined
          ? all('SELECT * FROM orders ORDER BY id')
          : all('SELECT * FROM orders WHERE customer = ? ORDER BY id', customer)
      return rows.map(({ order }) => order)
    },
    find: async (id) => find(id)?.order,
    place: async ({ customer, items }) => {
      const [placed] = all(
        `INSERT INTO orders
         SELECT coalesce(max(id), 0) + 1, coalesce(max(change), 0) + 1, ?, ?, ?, 'placed', ?
         FROM orders RETURNING *`,
        customer,
        JSON.stringify(items),
        toTotal(items),
        new Date().toISOString(),
      )
      if (!placed) throw new Error('the order was not written')
      return placed
    },
    cancel: async (id) => {
      const [cancelled] = all(
        `UPDATE orders SET status = 'cancelled', change = (SELECT max(change) + 1 FROM orders)
         WHERE id = ? AND status = 'placed' RETURNING *`,
        id,
      )
      return cancelled ?? find(id)
    },
    lastChange: async () => {
      const row = database.prepare('SELECT coalesce(max(change), 0) AS last FROM orders').get()
      return Number(row?.last)
    },
    changedAfter: async (change, limit) =>
      all('SELECT * FROM orders WHERE change > ? ORDER BY change LIMIT ?', change, limit),
    put: async (orders) => {
      const statement = database.prepare(
        'INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      database.exec('BEGIN IMMEDIATE')
      try {
        for (const { order, change } of orders) {
          const { id, customer, items, total, status, placedAt } = order
          statement.run(id, change, customer, JSON.stringify(items), total, status, placedAt)
        }
        database.exec('COMMIT')
      } catch (cause) {
        database.exec('ROLLBACK')
        throw cause
      }
    },
    close: async () => database.close(),
  }
}

function toStored(row: Row): StoredOrder {
  const { id, change, customer, items, total, status, placed_at } = row
  const order = { id, customer, items: JSON.parse(items), total, status, placedAt: placed_at }
  return { order, change }
}
