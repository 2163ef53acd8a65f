// Runs in the browser, before all scripts of a page: sends the version of the page with what its scripts
// ask this origin for, and tells the page when that version is gone. It has to be small, because every
// page loads it; docs/tabs.md says what it does. scripts/build-client.ts makes one file of it.

import { follow, isOwn, PIN_HEADER, TAB_HEADER, toLeft, withPin } from './pinned.ts'
import { createUpdates } from './updates.ts'
import { pinXhr } from './xhr.ts'

const element = document.currentScript as HTMLScriptElement
const pin = element.dataset.pin ?? ''
// Frameworks that take over the whole page expect it as their server wrote it.
element.remove()

// A page without an origin of its own (a sandboxed frame) asks this one as a stranger.
if (self.origin !== 'null' && pin && !('holo' in self)) start()

function start(): void {
  const updates = createUpdates(pin)
  const [version, environment] = pin.split('@')
  // Another one for each page: it tells open tabs apart, and nothing more.
  const name = String(crypto.getRandomValues(new BigUint64Array(1))[0]?.toString(36))
  Object.defineProperty(self, 'holo', {
    value: {
      version,
      environment,
      /** What the last `holo:update` said, for code that runs after it. */
      get update() {
        return updates.last()
      },
      check: () => updates.check(),
    },
  })
  cleanAddress()
  pinFetch()
  pinXhr(pin, name, updates.lookAt)
  for (const made of ['EventSource', 'WebSocket', 'Worker', 'SharedWorker'] as const) {
    pinConstructor(made)
  }
  pinBeacon()
  pinForms()

  function pinFetch(): void {
    const ask = self.fetch
    self.fetch = async (input, init) => {
      // A request may be of another frame, and so be of another class.
      const isAddress = typeof input === 'string' || input instanceof URL
      if (!isOwn(isAddress ? input : input.url)) return ask(input, init)
      const asked = isAddress ? undefined : new Request(input, init)
      const headers = asked?.headers ?? new Headers(init?.headers)
      const isFollowed = (asked?.redirect ?? init?.redirect ?? 'follow') === 'follow'
      // What an app has chosen itself counts.
      if (!headers.has(PIN_HEADER)) headers.set(PIN_HEADER, pin)
      if (isFollowed) headers.set(TAB_HEADER, name)
      // A body can be read once; a redirect may ask for it again.
      const spare = asked?.body ? asked.clone() : undefined
      const reply = await (asked ? ask(asked) : ask(input, { ...init, headers }))
      updates.lookAt(reply.headers.get('holo-pin-gone'))
      const method = (asked?.method ?? init?.method ?? 'GET').toUpperCase()
      const led = follow(reply.status, reply.headers.get('holo-location'), method)
      if (!led) return reply
      await reply.text()
      for (const header of [PIN_HEADER, TAB_HEADER, 'authorization']) headers.delete(header)
      const { mode, credentials, cache, signal } = asked ?? {}
      const how = asked ? { mode, credentials, cache, signal } : init
      const body = led.keepsBody ? (spare ? await spare.blob() : init?.body) : undefined
      return ask(led.url, { ...how, method: led.method, headers, body } as RequestInit)
    }
  }

  function pinConstructor(name: 'EventSource' | 'WebSocket' | 'Worker' | 'SharedWorker'): void {
    const native = self[name]
    if (!native) return
    const pinned = new Proxy(native, {
      construct: (target, [url, ...others], newTarget) => {
        const isText = typeof url === 'string' || url instanceof URL
        const address = isText && isOwn(url) ? withPin(url, pin) : url
        return Reflect.construct(target, [address, ...others], newTarget)
      },
    })
    Object.defineProperty(self, name, { value: pinned, writable: true, configurable: true })
  }

  function pinBeacon(): void {
    const send = navigator.sendBeacon
    navigator.sendBeacon = (url, data) =>
      send.call(navigator, isOwn(url) ? withPin(url, pin) : url, data)
  }

  /** A post takes the pin along in its address, which only the browser's request gets. */
  function pinForms(): void {
    const submit = HTMLFormElement.prototype.submit
    HTMLFormElement.prototype.submit = function (this: HTMLFormElement) {
      const restore = pinAction(this, null)
      submit.call(this)
      restore()
    }
    // The last to hear of it: whoever wants to prevent the submission has done so.
    addEventListener('submit', (event) => {
      if (event.defaultPrevented || !(event.target instanceof HTMLFormElement)) return
      // The browser reads the address when this event is over.
      setTimeout(pinAction(event.target, event.submitter))
    })
  }

  function pinAction(form: HTMLFormElement, submitter: HTMLElement | null): () => void {
    // A field of the form may be called "action", so that the property is not the attribute.
    const read = Element.prototype.getAttribute
    const get = (name: string) => submitter && read.call(submitter, `form${name}`)
    const method = get('method') ?? read.call(form, 'method')
    if (method?.toLowerCase() !== 'post') return () => undefined
    const own = get('action')
    const target = own === null ? form : (submitter as HTMLElement)
    const name = own === null ? 'action' : 'formaction'
    const before = read.call(target, name)
    const url = before || location.href
    if (!isOwn(url)) return () => undefined
    Element.prototype.setAttribute.call(target, name, withPin(url, pin))
    return () => {
      if (before === null) Element.prototype.removeAttribute.call(target, name)
      else Element.prototype.setAttribute.call(target, name, before)
    }
  }

  /** The page that answers a post has the pin in its address. */
  function cleanAddress(): void {
    const left = toLeft(location.search)
    if (left !== location.search) {
      history.replaceState(history.state, '', location.pathname + left + location.hash)
    }
  }
}
