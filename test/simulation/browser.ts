// A visitor's browser: one cookie jar, one or more tabs, and the requests that pages make. It says
// of each whether what answered is what the page was made for.

import { decide } from '../../src/core/decide.ts'
import { parsePin, toPin } from '../../src/core/pins.ts'
import type { Decision, RequestFacts, RequestKind, Version } from '../../src/core/types.ts'
import { makeFacts } from '../core/make-assignments.ts'
import type { Random } from './random.ts'
import { findsHashed, toHashedAssets, type World } from './world.ts'

/** What a page asks for, and how it can carry a pin besides the cookie: links and scripts cannot. */
const REQUESTS = {
  asset: { kind: 'subresource', carrier: undefined },
  chunk: { kind: 'subresource', carrier: undefined },
  picture: { kind: 'subresource', carrier: 'query' },
  api: { kind: 'subresource', carrier: 'header' },
  frame: { kind: 'navigation', carrier: 'query' },
  form: { kind: 'navigation', carrier: 'query' },
  prefetch: { kind: 'navigation', carrier: 'query' },
} as const satisfies Record<string, { kind: RequestKind; carrier: 'header' | 'query' | undefined }>
export type RequestName = keyof typeof REQUESTS
const NAMES = ['asset', 'chunk', 'picture', 'api', 'api', 'frame', 'form', 'prefetch'] as const

/** People clear cookies, and come back after a private window was closed. */
const COOKIES_LOST_BEFORE_A_PAGE = 0.1

type Tab = { page: Decision | undefined }

export type Answer = {
  readonly request: RequestName | 'document'
  readonly right: boolean
  /** Another tab has loaded a page since this one did. */
  readonly overtaken: boolean
}

export type Browser = {
  /** One request of one of the tabs. */
  readonly act: () => Answer
  readonly loseCookies: () => void
}

export function openBrowser(
  world: World,
  random: Random,
  options: { tabs: number; explicitPins: boolean },
): Browser {
  let jar: { visitor?: string; pin?: string } = {}
  let newest: Tab | undefined
  const tabs: Tab[] = Array.from({ length: options.tabs }, () => ({ page: undefined }))

  function send(
    kind: RequestKind,
    carried: { source: 'header' | 'query'; pin: string } | undefined,
  ) {
    jar.visitor ??= `visitor-${random.below(2 ** 31)}`
    const text = carried?.pin ?? jar.pin
    const claim = text === undefined ? undefined : parsePin(text)
    const pin: RequestFacts['pin'] = claim && { claim, source: carried?.source ?? 'cookie' }
    return decide(makeFacts({ kind, visitor: jar.visitor, pin }), world.assignments())
  }

  function load(tab: Tab): Answer {
    if (random.chance(COOKIES_LOST_BEFORE_A_PAGE)) jar = {}
    const page = send('document', undefined)
    tab.page = page
    newest = tab
    jar.pin = toPin(page.version.id, page.environment)
    return { request: 'document', right: true, overtaken: false }
  }

  return {
    loseCookies: () => {
      jar = {}
    },
    act: () => {
      const tab = random.pick(tabs)
      if (!tab.page || random.chance(0.15)) return load(tab)
      const request = random.pick(NAMES)
      const { kind, carrier } = REQUESTS[request]
      const carried =
        options.explicitPins && carrier
          ? { source: carrier, pin: toPin(tab.page.version.id, tab.page.environment) }
          : undefined
      const { version } = send(kind, carried)
      return {
        request,
        right: isRight(request, version, tab.page.version),
        overtaken: tab !== newest,
      }
    },
  }

  /** A hashed file is the same wherever it is found; all else must come from the page's version. */
  function isRight(request: RequestName, answering: Version, page: Version): boolean {
    if (request !== 'asset' && request !== 'chunk') return answering.id === page.id
    const [app, lazy] = toHashedAssets(page)
    return findsHashed(request === 'asset' ? app : lazy, answering, world.assignments())
  }
}
