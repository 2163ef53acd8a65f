// XMLHttpRequest with the pin of the tab.

import { follow, isOwn, PIN_HEADER, TAB_HEADER } from './pinned.ts'

type Asked = {
  readonly method: string
  /** User and password of `open`. */
  readonly others: readonly (string | null | undefined)[]
  readonly headers: (readonly [string, string])[]
  body?: XMLHttpRequestBodyInit | Document | null | undefined
}

/** @param lookAt gets the header of each reply that says that the version is gone. */
export function pinXhr(pin: string, lookAt: (gone: string | null) => void): void {
  const xhr = XMLHttpRequest.prototype
  const { open, send, setRequestHeader } = xhr
  const known = new WeakMap<XMLHttpRequest, Asked>()

  /** Comes before the listeners of the page, because it captures. */
  function onState(this: XMLHttpRequest, event: Event): void {
    const asked = known.get(this)
    if (this.readyState !== 2 || !asked) return
    lookAt(this.getResponseHeader('holo-pin-gone'))
    const led = follow(this.status, this.getResponseHeader('holo-location'), asked.method)
    if (!led) return
    event.stopImmediatePropagation()
    known.delete(this)
    open.call(this, led.method, led.url, true, ...asked.others)
    for (const [name, value] of asked.headers) {
      if (name.toLowerCase() !== 'authorization') setRequestHeader.call(this, name, value)
    }
    send.call(this, led.keepsBody ? asked.body : null)
  }

  xhr.open = function (
    this: XMLHttpRequest,
    method: string,
    url: string | URL,
    ...rest: [isAsync?: boolean, ...others: (string | null | undefined)[]]
  ) {
    const isAsync = rest.length === 0 || Boolean(rest[0])
    const others = rest.slice(1) as Asked['others']
    open.call(this, method, url, isAsync, ...others)
    known.delete(this)
    if (!isOwn(url)) return
    const asked: Asked = { method: method.toUpperCase(), others, headers: [] }
    // A synchronous request has no states in between.
    if (isAsync) {
      known.set(this, asked)
      setRequestHeader.call(this, TAB_HEADER, '1')
      this.addEventListener('readystatechange', onState, true)
    }
    setRequestHeader.call(this, PIN_HEADER, pin)
  }
  xhr.setRequestHeader = function (this: XMLHttpRequest, name: string, value: string) {
    setRequestHeader.call(this, name, value)
    known.get(this)?.headers.push([name, value])
  }
  xhr.send = function (this: XMLHttpRequest, body) {
    const asked = known.get(this)
    if (asked) asked.body = body
    send.call(this, body)
  }
}
