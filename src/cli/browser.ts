// Opens an address in the browser of this machine.

import { spawn } from 'node:child_process'

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** An opener that has not ended by then is a browser that runs. */
const OPENER_MS = 1000

/** Why no browser was started, as the end of "No browser was opened: …"; `undefined` if one was. */
export async function launchBrowser(url: string): Promise<string | undefined> {
  const [program = '', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(undefined), OPENER_MS)
  child.on('error', () => resolve(`this machine has no program "${program}"`))
  child.on('exit', (code) => resolve(code === 0 ? undefined : `"${program}" failed`))
  const why = await promise
  clearTimeout(timer)
  child.unref()
  return why
}
