// A tab of a profile: what a visitor does in it, and which release each part of its page is of. Every
// app shows the same things under the same ids.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Page, Response } from 'playwright-core'
import { expect, vi } from 'vitest'
import { askEveryWay } from '../support/every-way.ts'
import { type Release, WIDTHS } from './build-app.ts'
import type { Profile } from './profile.ts'
import { LIMIT_MS, within } from './within.ts'

export const WAIT = { timeout: LIMIT_MS, interval: 50 }
/** A page answers a question about itself at once, unless something is wrong. */
const ANSWER_LIMIT_MS = 20_000
/** A new worker fetches all its files before it is in charge, and the one before ends its work first. */
const UPDATE_LIMIT_MS = 60_000
/** The worker before ends within milliseconds, if it ends for the new one at all. */
const HANDOVER_MS = 3_000
/** Angular's worker cleans up when it has had nothing to do for five seconds. */
const RESTART_WAIT = { timeout: 60_000, interval: 7_000 }

export type PageName = 'home' | 'about' | 'items'
/** The release of each part of a page, by the part's name. */
type Parts = Readonly<Record<string, string>>

export class Tab {
  readonly #page: Page
  readonly #profile: Profile

  constructor(page: Page, profile: Profile) {
    this.#page = page
    this.#profile = profile
  }

  /** Types an address. */
  async goTo(url: URL): Promise<void> {
    await this.#profile.settle()
    await this.#page.goto(url.href)
  }

  /** Makes it the tab in front, in which a visitor clicks. */
  async show(): Promise<void> {
    await this.#within('the tab comes to the front', this.#page.bringToFront())
  }

  async reload(): Promise<Response | null> {
    await this.#profile.settle()
    return this.#page.reload()
  }

  async goBack(): Promise<void> {
    await this.#profile.settle()
    await this.#page.goBack()
  }

  async goForward(): Promise<void> {
    await this.#profile.settle()
    await this.#page.goForward()
  }

  /** Follows the link in the page, as the app does it, and waits for the page. */
  async follow(name: PageName): Promise<void> {
    // Nobody clicks while the page still moves, and Astro reports a transition that was cut short.
    const isStill = this.#page.waitForFunction(() => !document.activeViewTransition)
    await this.#within('the page stops moving', isStill)
    await this.#page.locator(`#nav-${name}`).click()
    await this.#seek(`#page-${name}`)
  }

  /** Has the page ask its backend anew. */
  async ask(): Promise<void> {
    const isAnswer = (response: Response) => response.url().endsWith('/api/version')
    const answer = this.#page.waitForResponse(isAnswer)
    await this.#page.locator('#ask').click()
    await answer
    await this.#seek('#api')
  }

  /**
   * Has the page ask its backend anew until that of the release answers. A call of an open page does not wait
   * for the newest document: the first one may be answered by the document before.
   */
  async askUntil(release: Release): Promise<void> {
    await vi.waitFor(async () => {
      await this.ask()
      expect((await this.#readParts()).api).toBe(release)
    }, WAIT)
  }

  /** Has the page load a script that it has not needed before. */
  async loadMore(): Promise<void> {
    await this.#page.locator('#load-more').click()
    await this.#seek('#more')
  }

  /** Which release answers, by the way in which the page asks for more than the app itself does. */
  async askEveryWay(): Promise<Readonly<Record<string, string>>> {
    return this.#within('the page asks in every way', askEveryWay(this.#page))
  }

  /** Waits until a service worker answers for the page. */
  async seekWorker(): Promise<void> {
    const isThere = this.#page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    await this.#within('a service worker answers for the page', isThere)
  }

  /**
   * Does what browsers do by themselves at times that a test cannot wait for.
   *
   * When a new worker is ready, Chromium ends the one before as soon as that has no work. A request that the
   * page makes while it ends (for its icon, for one) starts it again, and then it runs until it has had no work
   * for half a minute. With DevTools attached, which Playwright is, it runs for five minutes. So it is ended
   * here, as the browser of a visitor does it later.
   */
  async checkForUpdate(): Promise<void> {
    const check = this.#page.evaluate(() =>
      (globalThis as unknown as { checkForUpdate(): Promise<unknown> }).checkForUpdate(),
    )
    const isOver = check.then(
      () => true,
      () => true,
    )
    const what = 'the update check ends and a new worker is in charge'
    const waiting = async () => {
      while (!(await Promise.race([isOver, sleep(HANDOVER_MS, false)]))) {
        // A page that does not answer in time is asked again.
        const states = await this.#listWorkers().catch(() => [])
        if (states.join() === 'installed,activated') await this.endWorker()
      }
      await check
    }
    await this.#within(what, waiting(), UPDATE_LIMIT_MS)
  }

  /** Ends the worker, as browsers do after half a minute without work. */
  async endWorker(): Promise<void> {
    const end = async () => {
      const devTools = await this.#page.context().newCDPSession(this.#page)
      await devTools.send('ServiceWorker.enable')
      await devTools.send('ServiceWorker.stopAllWorkers')
      await devTools.detach()
    }
    await this.#within('the worker ends', end())
  }

  /**
   * Ends the worker, and waits until it has come back and removed the versions that no page uses any
   * more.
   */
  async restartWorker(): Promise<void> {
    await this.endWorker()
    await vi.waitFor(async () => {
      const names = this.#page.evaluate(async () => {
        await fetch('/logo.svg')
        return caches.keys()
      })
      const versions = (
        await this.#within('the worker answers again', names, ANSWER_LIMIT_MS)
      ).flatMap((name) => /:([0-9a-f]{40}):/.exec(name)?.[1] ?? [])
      expect(new Set(versions).size, "versions in the cache of Angular's worker").toBe(1)
    }, RESTART_WAIT)
  }

  /** All of the page, its backend included, is of the release. */
  async expectWhole(release: Release, name: PageName): Promise<void> {
    await this.#seek(`#page-${name}`)
    await this.#seek('#api')
    await vi.waitFor(async () => {
      const parts = await this.#readParts()
      expect(parts).toEqual(toAll(release, parts))
    }, WAIT)
  }

  /** The named parts of the page are of the releases that stand beside them. */
  async expectParts(expected: Parts, name: PageName): Promise<void> {
    await this.#seek(`#page-${name}`)
    await this.#seek('#api')
    await vi.waitFor(async () => {
      expect(await this.#readParts()).toMatchObject(expected)
    }, WAIT)
  }

  /** What comes from hashed files is of the release. */
  async expectHashedFiles(release: Release, name: PageName): Promise<void> {
    await this.#seek(`#page-${name}`)
    await vi.waitFor(async () => {
      const { api: _, data: __, logo: ___, ...parts } = await this.#readParts()
      expect(parts).toEqual(toAll(release, parts))
    }, WAIT)
  }

  /**
   * What the page has by itself is of its release: all but what markup names without a hash, which is the
   * logo, and `others`. Returns these parts.
   */
  async expectOwn(
    release: Release,
    name: PageName,
    others: readonly string[] = [],
  ): Promise<Parts> {
    await this.#seek(`#page-${name}`)
    const left = ['logo', ...others]
    return vi.waitFor(async () => {
      const parts = Object.entries(await this.#readParts()).filter(([part]) => !left.includes(part))
      const own = Object.fromEntries(parts)
      expect(own).toEqual(toAll(release, own))
      return own
    }, WAIT)
  }

  /** All of the page, its backend included, is of one release, whichever it is. */
  async expectUnmixed(name: PageName): Promise<void> {
    await this.#seek(`#page-${name}`)
    await this.#seek('#api')
    await vi.waitFor(async () => {
      const parts = await this.#readParts()
      expect(parts).toEqual(toAll(parts.style ?? '', parts))
    }, WAIT)
  }

  /** Something that the browser is to do, or the page; a failure says what else has gone wrong. */
  async #within<T>(what: string, waiting: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
    try {
      return await within(limitMs, what, waiting, () => this.#tellWorkers())
    } catch (cause) {
      throw new Error(`${what}, at ${this.#page.url()}: ${this.#tellProblems()}`, { cause })
    }
  }

  /** The state of each service worker of the page, the newest first. */
  #listWorkers(): Promise<string[]> {
    const states = this.#page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration()
      const { installing, waiting, active } = registration ?? {}
      return [installing, waiting, active].flatMap((worker) => worker?.state ?? [])
    })
    return within(ANSWER_LIMIT_MS, 'the page tells its workers', states)
  }

  async #tellWorkers(): Promise<string> {
    try {
      const told = await this.#listWorkers()
      return `the workers are ${told.join(' and ') || 'none'}`
    } catch (cause) {
      return String(cause)
    }
  }

  #tellProblems(): string {
    return this.#profile.problems.join('\n') || 'no problem was seen'
  }

  /** What a page lacks often has its cause in what went wrong before. */
  async #seek(selector: string): Promise<void> {
    try {
      await this.#page.locator(selector).waitFor()
    } catch (cause) {
      const told = this.#tellProblems()
      throw new Error(`${this.#page.url()} shows no ${selector}: ${told}`, { cause })
    }
  }

  async #readParts(): Promise<Parts> {
    const parts = this.#page.evaluate((widths: Readonly<Record<string, number>>) => {
      const parts: Record<string, string> = {}
      const propertyOf = (element: Element, name: string) =>
        getComputedStyle(element).getPropertyValue(name).replaceAll(/["' ]/g, '')
      parts.title = document.title.replace('Pottery ', '')
      parts.style = propertyOf(document.documentElement, '--release')
      for (const element of document.querySelectorAll<HTMLElement>('[data-release]')) {
        parts[element.id || element.localName] = element.dataset.release ?? ''
      }
      for (const element of document.querySelectorAll('[data-styled]')) {
        parts[`style of ${element.id}`] = propertyOf(element, '--page-release')
      }
      for (const { alt, naturalWidth } of document.images) {
        const release = Object.keys(widths).find((name) => widths[name] === naturalWidth)
        parts[alt] = release ?? `${naturalWidth} px wide`
      }
      return parts
    }, WIDTHS)
    return this.#within('the page tells its parts', parts, ANSWER_LIMIT_MS)
  }
}

/** The same parts, all of one release. */
function toAll(release: string, parts: Parts): Parts {
  return Object.fromEntries(Object.keys(parts).map((name) => [name, release]))
}
