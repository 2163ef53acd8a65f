// Before each file: nothing is stored, and no Durable Object of the file before runs on.

import { reset } from 'cloudflare:test'
import { beforeAll } from 'vitest'

beforeAll(() => reset())
