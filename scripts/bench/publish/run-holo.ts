// Runs the `holo` command as the package holds it, in one file: `run-holo.ts ARGUMENTS`. The source of a checkout
// takes more memory, because Node removes its types.

import { fileURLToPath } from 'node:url'
import { reportUsage } from './usage.ts'

reportUsage()
const root = new URL('../../../', import.meta.url)
const { main } = await import(new URL('dist/holo.js', root).href)
await main('0.0.0', fileURLToPath(root))
