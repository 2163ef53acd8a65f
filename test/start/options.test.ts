// What `npm start` says to options it cannot take: a sentence that names the way out, an exit code,
// and no stack trace.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../../src/local/ports.ts'
import { makeWorkFolder, runStart } from '../support/start-process.ts'

let folder: Awaited<ReturnType<typeof makeWorkFolder>>
beforeAll(async () => {
  folder = await makeWorkFolder()
})
afterAll(() => folder.remove())

const STACK_TRACE = /^\s+at /m

describe('the options of npm start', () => {
  it('are listed by --help', async () => {
    const { code, printed, logged } = await runStart(folder.path, ['--help'])
    expect({ code, logged }).toEqual({ code: 0, logged: '' })
    for (const option of ['--port', '--data', '--no-example', '--no-visitors', '--help']) {
      expect(printed).toContain(option)
    }
  })

  it.each([
    [['--port', 'http'], '--port takes a number from 1 to 65535, not "http"'],
    [['--port', '65536'], '--port takes a number from 1 to 65535, not "65536"'],
    [['--data', ''], '--data takes the name of a folder'],
    [['--prot', '8080'], "Unknown option '--prot'"],
    [['--port'], "Option '--port <value>' argument missing"],
  ])('are refused with exit code 2: %j', async (args, message) => {
    const { code, printed, logged } = await runStart(folder.path, args)
    expect({ code, printed }).toEqual({ code: 2, printed: '' })
    expect(logged).toContain(message)
    expect(logged).not.toMatch(STACK_TRACE)
  })

  it('name the folder that cannot be made', async () => {
    await writeFile(join(folder.path, 'file'), '')
    const port = String(await findFreePort('127.0.0.1'))
    const { code, printed, logged } = await runStart(folder.path, [
      ...['--port', port, '--data', 'file/data'],
    ])
    expect({ code, printed }).toEqual({ code: 1, printed: '' })
    expect(logged).toContain(`the folder ${join(folder.path, 'file', 'data')} cannot be created`)
    expect(logged).not.toMatch(STACK_TRACE)
  })
})
