// XMLHttpRequest with the pin of the tab.

import { follow, isOwn, type Led, PIN_HEADER, TAB_HEADER } from './pinned.ts'

type Asked = {
  readonly method: string
  /** User and password of `open`. */
  readonly others: readonly (string | null | undefined)[]
  readonly headers: (readonly [string, string])[]
  body?: XMLHttpRequestBodyInit | Document | null | undefined
  /** Where a redirect leads that came as data; nothing of that reply is shown to the page. */
  led?: Led | undefined
}

const EVENTS = ['readystatechange', 'progress', 'load', 'loadstart', 'loadend']

/**
 * @param name of the tab.
 * @param lookAt gets the header of each reply that says that the version is gone.
 */
export function pinXhr(pin: string, name: string, lookAt: (gone: string | null) => void): void {
  const native = XMLHttpRequest
  const xhr = native.prototype
  const { open, send, setRequestHeader } = xhr
  const known = new WeakMap<XMLHttpRequest, Asked>()

  function onEvent(this: XMLHttpRequest, event: Event): void {
    const asked = known.get(this)
    if (!asked) return
    if (event.type === 'readystatechange' && this.readyState === 2) {
      lookAt(this.getResponseHeader('holo-pin-gone'))
      asked.led = follow(this.status, this.getResponseHeader('holo-location'), asked.method)
    }
    const { led } = asked
    if (!led) return
    event.stopImmediatePropagation()
    if (event.type !== 'loadend') return
    open.call(this, led.method, led.url, true, ...asked.others)
    for (const [header, value] of asked.headers) {
      if (header.toLowerCase() !== 'authorization') setRequestHeader.call(this, header, value)
    }
    send.call(this, led.keepsBody ? asked.body : null)
    known.delete(this)
  }

  // These listeners have to come before those of the page.
  const pinned = new Proxy(native, {
    construct: (target, args, newTarget) => {
      const made = Reflect.construct(target, args, newTarget) as XMLHttpRequest
      for (const event of EVENTS) made.addEventListener(event, onEvent)
      return made
    },
  })
  Object.defineProperty(self, 'XMLHttpRequest', {
    value: pinned,
    writable: true,
    configurable: true,
  })

  xhr.open = function (
    this: XMLHttpRequest,
    method: string,
    url: string | URL,
    ...rest: [isAsync?: boolean, ...others: (string | null | undefined)[]]
  ) {
    const isAsync = rest.length === 0 || Boolean(rest[0])
    const others = rest.slice(1) as Asked['others']
    known.delete(this)
    open.call(this, method, url, isAsync, ...others)
    if (!isOwn(url)) return
    // A synchronous request has no states in between.
    if (isAsync) {
      known.set(this, { method: method.toUpperCase(), others, headers: [] })
      setRequestHeader.call(this, TAB_HEADER, name)
    }
    setRequestHeader.call(this, PIN_HEADER, pin)
  }
  xhr.setRequestHeader = function (this: XMLHttpRequest, header: string, value: string) {
    setRequestHeader.call(this, header, value)
    known.get(this)?.headers.push([header, value])
  }
  xhr.send = function (this: XMLHttpRequest, body) {
    const asked = known.get(this)
    if (asked) asked.body = body
    send.call(this, body)
  }
}
