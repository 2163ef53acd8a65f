// A visitor's browser profile: its tabs, and all that went wrong in them and in their service worker.

import type { Browser, BrowserContext, Request, Response } from 'playwright-core'
import { expect, vi } from 'vitest'
import { Tab, WAIT } from './tab.ts'
import { LIMIT_MS, within } from './within.ts'

/** What of a request tells why it was answered as it was. */
const TELLING_HEADERS = [
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'accept',
  'referer',
  'cookie',
]

/** Playwright is not told how the request for the script of a shared worker ends. The worker's answer tells it. */
const SHARED_WORKER = '/api/shared.js'

export class Profile {
  readonly #context: BrowserContext
  readonly #url: URL
  readonly #problems: string[] = []
  readonly #underWay = new Set<Request>()
  readonly #recording: Promise<void>[] = []

  private constructor(context: BrowserContext, url: URL) {
    this.#context = context
    this.#url = url
    context.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(`console: ${message.text()}`)
    })
    context.on('weberror', (error) => this.#problems.push(`script: ${error.error().message}`))
    context.on('request', (request) => {
      if (new URL(request.url()).pathname !== SHARED_WORKER) this.#underWay.add(request)
    })
    context.on('requestfinished', (request) => this.#underWay.delete(request))
    context.on('requestfailed', (request) => {
      this.#underWay.delete(request)
      this.#recording.push(this.#recordFailure(request))
    })
    context.on('response', (response) => {
      if (response.status() >= 400) this.#recording.push(this.#recordRefusal(response))
    })
  }

  static async create(browser: Browser, url: URL): Promise<Profile> {
    return new Profile(await within(LIMIT_MS, 'a new profile', browser.newContext()), url)
  }

  /** A new tab at the path. */
  async open(path: string): Promise<Tab> {
    const page = await within(LIMIT_MS, 'a new tab', this.#context.newPage())
    page.setDefaultTimeout(WAIT.timeout)
    const tab = new Tab(page, this)
    await tab.goTo(new URL(path, this.#url))
    return tab
  }

  /** Waits for what the tabs still load. Whoever leaves a page before fails its requests. */
  async settle(): Promise<void> {
    const loading = () => [...this.#underWay].map(toName)
    await vi.waitFor(() => expect(loading(), 'requests that do not end').toEqual([]), WAIT)
    await Promise.all(this.#recording)
  }

  /** One line for each failed request, error reply, and error in a console or script so far. */
  get problems(): readonly string[] {
    return this.#problems
  }

  async close(): Promise<void> {
    await within(LIMIT_MS, 'the profile is closed', this.#context.close())
  }

  async #recordFailure(request: Request): Promise<void> {
    const line = `failed: ${toName(request)} ${request.failure()?.errorText}`
    this.#problems.push(line)
    if (!(await isGivenUp(request))) return
    this.#problems.splice(this.#problems.indexOf(line), 1)
  }

  async #recordRefusal(response: Response): Promise<void> {
    const request = response.request()
    const version = response.headers()['holo-version']
    const line = `${response.status()}: ${toName(request)} from version ${version}`
    this.#problems.push(line)
    const headers = await readHeaders(request)
    const told = TELLING_HEADERS.map((name) => `${name}: ${headers[name]}`)
    this.#problems[this.#problems.indexOf(line)] = `${line} (${told.join(', ')})`
  }
}

/**
 * Whether the page itself has given up what it has seen enough of (the rest of a good answer, as Next
 * does with HTML) or no longer needs (what was fetched in advance for a link that is now followed).
 */
async function isGivenUp(request: Request): Promise<boolean> {
  if (request.failure()?.errorText !== 'net::ERR_ABORTED') return false
  return request.existingResponse()?.ok() === true || isPrefetch(request)
}

/** A request that follows a redirect and was given up before it was sent has no such header itself. */
async function isPrefetch(request: Request): Promise<boolean> {
  const headers = await readHeaders(request)
  const purpose = headers['sec-purpose'] ?? headers.purpose ?? ''
  if (purpose.startsWith('prefetch')) return true
  const before = request.redirectedFrom()
  return before !== null && isPrefetch(before)
}

/** What was sent, or as much of it as is known: a worker that has ended takes the rest with it. */
async function readHeaders(request: Request): Promise<Readonly<Record<string, string>>> {
  const all = within(LIMIT_MS, `the headers of ${toName(request)}`, request.allHeaders())
  return all.catch(() => request.headers())
}

function toName(request: Request): string {
  return `${request.method()} ${request.url()}${request.serviceWorker() ? ' by the worker' : ''}`
}
