// The script that reports what happens in a page: the elements that pages get, and the script itself.
// report/report.ts is what it does.

import { toPin } from '../core/pins.ts'
import { permitConnection, permitInlineScript } from '../core/script-permit.ts'
import type { Decision } from '../core/types.ts'
import { type Insertion, toInlineScript, toScriptElement } from '../http/insertion.ts'
import { REPORT_COLLECTOR, REPORT_SCRIPT, REPORT_SCRIPT_HASH } from './report-script.ts'
import { serveScript } from './serve-script.ts'

const PREFIX = '/.holo/report-'
const PATH = `${PREFIX}${REPORT_SCRIPT_HASH}.js`
const ANY_PATH = /^\/\.holo\/report-[0-9a-f]{1,64}\.js$/

/**
 * The script holds nothing up. Where the page's policy lets a script stand in the page, another one
 * before it keeps what goes wrong until it is there. A page that must not send anything has neither.
 */
export function toReportScript({ version, environment }: Decision): Insertion {
  const pin = toPin(version.id, environment)
  return {
    key: `report-${pin}-${REPORT_SCRIPT_HASH.slice(0, 8)}`,
    toHtml: (nonce, { policies, url }) => {
      if (!permitConnection(policies, url)) return ''
      const inline = permitInlineScript(policies)
      const collector = inline ? toInlineScript(REPORT_COLLECTOR, inline.nonce) : ''
      const late = { src: PATH, async: '', fetchpriority: 'low', 'data-pin': pin }
      return collector + toScriptElement(late, nonce)
    },
  }
}

export function isReportScriptPath(path: string): boolean {
  return ANY_PATH.test(path)
}

/** @param path for which `isReportScriptPath` is true. */
export function serveReportScript(request: Request, path: string): Response {
  return serveScript(request, {
    text: REPORT_SCRIPT,
    hash: REPORT_SCRIPT_HASH,
    isCurrent: path === PATH,
  })
}
