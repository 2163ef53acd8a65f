#!/usr/bin/env node
// Starts the `holo` command: its source in a checkout, the one bundled file in an installed package.
// It is plain JavaScript for any Node, so that an old one gets a sentence instead of a syntax error.

import { existsSync, readFileSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld = major < 22 || (major === 22 && minor < 18)

if (isOld) {
  console.error(`holo needs Node 22.18 or newer; this is ${process.version}`)
  process.exitCode = 2
} else {
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const bundle = new URL('../dist/holo.js', import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { main } = await import(existsSync(source) ? source : bundle)
  await main(version)
}
