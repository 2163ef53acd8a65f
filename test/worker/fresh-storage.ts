// Before each file: nothing is stored, and no Durable Object of the file before runs on.

import { reset } from 'cloudflare:test'
import { beforeAll } from 'vitest'
// What the Worker loads when it first needs it is in its bundle; here it would be fetched, for longer than a request waits.
import '../../src/loading/validate-document.ts'
import '../../src/control/control.ts'
import '../../src/api/serve.ts'
import '@openfeature/flagd-core'

beforeAll(() => reset())
