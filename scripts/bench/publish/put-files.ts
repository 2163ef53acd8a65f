// Sends each file of a folder with a PUT of its own, sixteen at once: `put-files.ts FOLDER URL`.

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mapConcurrently } from '../../../src/core/concurrently.ts'
import { reportUsage } from './usage.ts'

const UPLOADS_AT_ONCE = 16

const [, , folder = '', url = ''] = process.argv
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
)
reportUsage()
await mapConcurrently(names, UPLOADS_AT_ONCE, async (name) => {
  const body = await readFile(join(folder, name))
  const response = await fetch(new URL(name, url), { method: 'PUT', body })
  if (!response.ok) throw new Error(`${name}: ${response.status}`)
})
