// The watcher of pages in browser tests reports what fails, but not what the browser aborts because the
// page was left.

import { EventEmitter } from 'node:events'
import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { watchPage } from '../support/watch-page.ts'

const MAIN = { name: 'main' }
const ABORTED = 'net::ERR_ABORTED'

let page: EventEmitter
let problems: readonly string[]

beforeEach(() => {
  page = Object.assign(new EventEmitter(), { mainFrame: () => MAIN })
  problems = watchPage(page as unknown as Page)
})

/** A request that has begun, of the page or of a frame in it. */
function begin(url: string, { navigates = false, frame = MAIN } = {}) {
  let failure: { errorText: string } | null = null
  const request = {
    url: () => url,
    isNavigationRequest: () => navigates,
    frame: () => frame,
    failure: () => failure,
    fail: (errorText: string) => {
      failure = { errorText }
      page.emit('requestfailed', request)
    },
  }
  page.emit('request', request)
  return request
}

/** The page begins to load another document. */
const leave = () => begin('/next', { navigates: true })
/** The other document takes the place of the last one. */
const arrive = () => page.emit('framenavigated', MAIN)

describe('a request that is aborted', () => {
  it('is no problem when its page was left while it was open', () => {
    const icon = begin('/favicon.svg')
    leave()
    icon.fail(ABORTED)
    const late = begin('/favicon.svg')
    leave()
    arrive()
    late.fail(ABORTED)
    expect(problems).toEqual([])
  })

  it('is no problem when the page was about to be left as it began', () => {
    leave()
    const last = begin('/beacon')
    arrive()
    last.fail(ABORTED)
    expect(problems).toEqual([])
  })

  it('is no problem when it is a navigation that another one replaces', () => {
    const first = leave()
    leave()
    first.fail(ABORTED)
    expect(problems).toEqual([])
  })

  it('is a problem on a page that nobody left', () => {
    leave()
    arrive()
    begin('/data').fail(ABORTED)
    begin('/frame', { navigates: true, frame: { name: 'inner' } })
    begin('/more').fail(ABORTED)
    expect(problems).toEqual([`network: /data ${ABORTED}`, `network: /more ${ABORTED}`])
  })

  it('is a problem when it is the navigation, and when it comes after one that came to nothing', () => {
    leave().fail(ABORTED)
    begin('/data').fail(ABORTED)
    expect(problems).toEqual([`network: /next ${ABORTED}`, `network: /data ${ABORTED}`])
  })
})

it('reports every other failure, also of a page that was left', () => {
  const icon = begin('/favicon.svg')
  leave()
  icon.fail('net::ERR_FAILED')
  begin('/data').fail('net::ERR_CONNECTION_RESET')
  expect(problems).toEqual([
    'network: /favicon.svg net::ERR_FAILED',
    'network: /data net::ERR_CONNECTION_RESET',
  ])
})
