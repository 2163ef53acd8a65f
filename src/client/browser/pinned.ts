// Addresses with and without the pin, and redirects that the script follows itself.

export const PIN_HEADER = 'holo-pin'
/** Names the tab, and says that redirects to other origins may come as data. */
export const TAB_HEADER = 'holo-tab'

const PARAMETER = 'holo-pin'

function parse(url: string | URL): URL | undefined {
  try {
    return new URL(url, document.baseURI)
  } catch {
    return undefined
  }
}

/** Whether a request goes to this origin, also by `ws:`. A `blob:` has the origin, and no request. */
export function isOwn(url: string | URL): boolean {
  const { protocol, host } = parse(url) ?? {}
  return host === location.host && protocol?.replace('ws', 'http') === location.protocol
}

/** The address with the pin in its query, unless it has one. All else stays as it is written. */
export function withPin(url: string | URL, pin: string): string {
  const address = new URL(url, document.baseURI)
  if (!address.searchParams.has(PARAMETER)) {
    address.search += `${address.search ? '&' : '?'}${PARAMETER}=${encodeURIComponent(pin)}`
  }
  return address.href
}

/** A query without the pin. */
export function toLeft(search: string): string {
  const kept = search
    .slice(1)
    .split('&')
    .filter((part) => !part.startsWith(`${PARAMETER}=`))
    .join('&')
  return kept && `?${kept}`
}

export type Led = { readonly url: string; readonly method: string; readonly keepsBody: boolean }

/** Where a redirect leads that came as data, and how it is asked (Fetch standard, "HTTP-redirect fetch"). */
export function follow(status: number, told: string | null, method: string): Led | undefined {
  const [, code, url] = /^(\d+) (.+)$/.exec((status === 300 && told) || '') ?? []
  if (!url) return undefined
  const isRead = method === 'GET' || method === 'HEAD'
  const becomesGet =
    code === '303' ? !isRead : (code === '301' || code === '302') && method === 'POST'
  return { url, method: becomesGet ? 'GET' : method, keepsBody: !becomesGet && !isRead }
}
