// Every way in which a page can ask its server: a script that asks in all of them, and a backend whose
// answers say of which version it is.

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { WebSocketServer } from 'ws'

/** So that browsers ask for no other. */
export const ICON = '<link rel="icon" href="data:,">'

/**
 * Gives the page `askEveryWay({ worker, shared })`, whose arguments are the addresses of the two workers. It
 * returns the version that answered, by the way in which it was asked.
 */
export const EVERY_WAY = `{
const json = async (url, init) => (await (await fetch(url, init)).json()).is
const viaXhr = (url, method = 'GET') => new Promise((done, fail) => {
  const xhr = new XMLHttpRequest()
  xhr.onload = () => done(JSON.parse(xhr.responseText).is)
  xhr.onerror = () => fail(new Error('xhr ' + url))
  xhr.open(method, url)
  xhr.send(method === 'POST' ? 'x' : null)
})
const once = (target, name) => new Promise((done, fail) => {
  target.addEventListener(name, done, { once: true })
  target.addEventListener('error', () => fail(new Error(name)), { once: true })
})
let posted = 0
const post = async (how) => {
  const part = document.createElement('div')
  const name = 'out' + posted++
  // A field that is named as an attribute hides it. Astro's router posts forms itself, whatever their target is,
  // unless they say that they reload.
  part.innerHTML = '<iframe hidden name="' + name + '"></iframe>' +
    '<form data-astro-reload method="post" action="/api/form" target="' + name + '"><input type="hidden" name="action" value="a"><button hidden></button></form>'
  document.body.append(part)
  const [frame, form] = part.children
  const loaded = once(frame, 'load')
  how(form)
  await loaded
  const { title } = frame.contentDocument
  const action = form.getAttribute('action')
  part.remove()
  if (action !== '/api/form') throw new Error('the form is left with ' + action)
  return title
}
const named = (name, { is, ...others }) =>
  Object.fromEntries([[name, is], ...Object.entries(others).map(([way, id]) => [name + ' ' + way, id])])
window.askEveryWay = async ({ worker: workerUrl, shared: sharedUrl }) => {
  const events = new EventSource('/api/events')
  const { data: event } = await once(events, 'message')
  events.close()
  const socket = new WebSocket('/api/socket')
  const { data: message } = await once(socket, 'message')
  socket.close()
  const worker = new Worker(new URL(workerUrl, location.href))
  worker.postMessage('')
  const { data: inWorker } = await once(worker, 'message')
  worker.terminate()
  const shared = new SharedWorker(sharedUrl)
  shared.port.start()
  const { data: inShared } = await once(shared.port, 'message')
  shared.port.close()
  navigator.sendBeacon('/api/beacon', 'x')
  return {
    fetch: await json('/api/me'),
    request: await json(new Request('/api/me', { method: 'POST', body: 'x' })),
    xhr: await viaXhr('/api/me'),
    xhrPost: await viaXhr('/api/me', 'POST'),
    event,
    message,
    ...named('worker', inWorker),
    ...named('shared', inShared),
    click: await post((form) => form.querySelector('button').click()),
    submit: await post((form) => HTMLFormElement.prototype.submit.call(form)),
  }
}
}`

/** Has a page of a real build ask in every way, with the workers of `startVersionBackend`. */
export async function askEveryWay(page: Page): Promise<Readonly<Record<string, string>>> {
  await page.evaluate(EVERY_WAY)
  return page.evaluate("askEveryWay({ worker: '/api/worker.js', shared: '/api/shared.js' })")
}

/** The script of a worker of version `id`, which asks in the ways that a worker has. */
export function toWorker(id: string): string {
  return `'use strict'
onmessage = async () => {
  const json = async (url) => (await (await fetch(url)).json()).is
  const xhr = new XMLHttpRequest()
  xhr.open('GET', '/api/me', false)
  xhr.send()
  importScripts('/api/part.js')
  const events = new EventSource('/api/events')
  const { data: event } = await new Promise((done) => { events.onmessage = done })
  events.close()
  const asked = { fetch: await json('/api/me'), xhr: JSON.parse(xhr.responseText).is, part: self.part, event }
  postMessage({ is: '${id}', ...asked })
}`
}

/** The script of a worker of version `id` that tabs share. */
export function toSharedWorker(id: string): string {
  return `onconnect = async ({ ports: [port] }) => {
  const me = await (await fetch('/api/me')).json()
  port.postMessage({ is: '${id}', fetch: me.is })
}`
}

/** The ways of `askEveryWay`, as it names them. */
export const WAYS: readonly string[] = [
  ...['fetch', 'request', 'xhr', 'xhrPost', 'event', 'message', 'click', 'submit'],
  ...['worker', 'worker fetch', 'worker xhr', 'worker part', 'worker event'],
  ...['shared', 'shared fetch'],
]

export type VersionBackend = { readonly origin: string; readonly stop: () => Promise<void> }

/**
 * A backend of version `id` at `/api/`, which also has the scripts of both workers.
 *
 * @param beacons gets the version for each beacon.
 * @param others answers what else is asked for; without it that is JSON with the version.
 */
export async function startVersionBackend(
  id: string,
  beacons: string[],
  others?: (...args: [...Parameters<RequestListener>, url: URL]) => boolean,
): Promise<VersionBackend> {
  const scripts: Readonly<Record<string, string>> = {
    '/api/worker.js': toWorker(id),
    '/api/shared.js': toSharedWorker(id),
    '/api/part.js': `self.part = '${id}'`,
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://backend')
    const script = scripts[url.pathname]
    if (others?.(request, response, url)) return
    if (script !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript', 'cache-control': 'no-store' })
      response.end(script)
    } else if (url.pathname === '/api/beacon') {
      beacons.push(id)
      response.writeHead(204).end()
    } else if (url.pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${id}\n\n`)
    } else if (url.pathname === '/api/form') {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<!doctype html><html lang="en"><head>${ICON}<title>${id}</title></head></html>`)
    } else {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`{"is":"${id}"}`)
    }
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (opened) => opened.send(id))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
