// The script that pins a tab to the version of its page: the element that pages get, and the script
// itself. browser/tab.ts is what it does.

import { memoise } from '../core/memoise.ts'
import { toPin } from '../core/pins.ts'
import type { Decision } from '../core/types.ts'
import { type Insertion, toScriptElement } from '../http/insertion.ts'
import { serveScript } from './serve-script.ts'
import { TAB_SCRIPT, TAB_SCRIPT_HASH } from './tab-script.ts'

const PREFIX = '/.holo/tab-'
const PATH = `${PREFIX}${TAB_SCRIPT_HASH}.js`
const ANY_PATH = /^\/\.holo\/tab-[0-9a-f]{1,64}\.js$/

/**
 * The element comes before all scripts of the page, and holds them up until it has run: what they ask
 * for is asked with the pin.
 */
export function toTabPin({ version, environment }: Decision): Insertion {
  return toInsertion(toPin(version.id, environment))
}

const toInsertion = memoise((pin: string): Insertion => {
  const toHtml = (nonce: string | undefined) =>
    toScriptElement({ src: PATH, 'data-pin': pin }, nonce)
  const usual = toHtml(undefined)
  return {
    key: `${pin}-${TAB_SCRIPT_HASH.slice(0, 8)}`,
    toHtml: (nonce) => (nonce === undefined ? usual : toHtml(nonce)),
  }
})

export function isTabScriptPath(path: string): boolean {
  return ANY_PATH.test(path)
}

/** @param path for which `isTabScriptPath` is true. */
export function serveTabScript(request: Request, path: string): Response {
  return serveScript(request, {
    text: TAB_SCRIPT,
    hash: TAB_SCRIPT_HASH,
    isCurrent: path === PATH,
  })
}
