// Three projects: `pure` runs in Node (the core, publishing, black boxes on real ports), `worker`
// inside workerd with its real KV, R2 and Cache, `browser` drives Chromium.

import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { SlowFirst } from './test/support/slow-first.ts'
import { useMemoryForTemporaryFiles } from './test/support/temporary-folder.ts'

// Many tests start processes (`holo`, `npm start`, npm), and every file is a process of its own. Node compiles
// each module once for all of them, and keeps the result for the next run.
process.env.NODE_COMPILE_CACHE ??= join(
  import.meta.dirname,
  'node_modules/.cache/node-compile-cache',
)

/** Walks through real builds: they need packages besides those of `npm ci`, and minutes each. */
const { HOLO_ALL_BUILDS, HOLO_WALK_MINUTES } = process.env
const LONG = HOLO_ALL_BUILDS || HOLO_WALK_MINUTES ? ['test/builds/long/*.test.ts'] : []

useMemoryForTemporaryFiles()
// The Worker serves the built dashboard, and wrangler.toml names its folder.
execFileSync(process.execPath, [join(import.meta.dirname, 'scripts/build-dashboard.ts')])

/** One second, the default, is not enough beside much other work. */
const POLLS = { poll: { timeout: 30_000 } }

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    // The limits of time below are several times what a busy machine takes: they only end what hangs.
    // Many tests wait for servers and clocks, so a machine with two cores runs three files at once.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**', 'test/e2e/**', 'test/builds/**'],
          // No file changes what others of its process see, so they share the modules that they import.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: POLLS,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // Tests wait for what goes on behind a reply, and would wait for the timer of the counts.
            miniflare: { bindings: { COUNTS_FLUSH_MS: '0' } },
          }),
        ],
        // As wrangler.toml says.
        resolve: { alias: { 'object-hash': join(import.meta.dirname, 'src/flags/no-hash.ts') } },
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          // Loading the Worker takes longer than most files: they share its modules, and have a storage of their own.
          isolate: false,
          setupFiles: ['test/worker/fresh-storage.ts'],
          testTimeout: 120_000,
          expect: POLLS,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/e2e/**/*.test.ts', 'test/builds/*.test.ts', ...LONG],
          globalSetup: './test/support/install-browser.ts',
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          expect: POLLS,
        },
      },
    ],
  },
})
