#!/usr/bin/env node
// Starts the `holo` command: its source in a checkout, the one bundled file in an installed package.
// It is plain JavaScript for any Node, so that an old one gets a sentence instead of a syntax error.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld = major < 22 || (major === 22 && minor < 18)

if (isOld) {
  console.error(`holo needs Node 22.18 or newer; this is ${process.version}`)
  process.exitCode = 2
} else {
  const root = new URL('../', import.meta.url)
  const source = new URL('src/cli/main.ts', root)
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const isCheckout = existsSync(source)
  const { main } = await import(isCheckout ? source : new URL('dist/holo.js', root))
  const loadSource = async () => {
    const { loadCheckoutParts } = await import(new URL('scripts/local/checkout-parts.ts', root))
    return loadCheckoutParts()
  }
  await main(version, fileURLToPath(root), isCheckout ? loadSource : undefined)
}
