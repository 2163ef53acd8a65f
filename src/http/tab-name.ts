// The name of a tab: made at random by the script that pins tabs (src/client/browser/tab.ts) for each page, and
// sent with its calls. It only tells open tabs apart, so that they can be counted.

/** It is also what asks for redirects as data: see tab-redirect.ts. */
export const TAB_NAME_HEADER = 'holo-tab'

/** 64 random bits in base 36. Pages with the script of an older Holo send `1`, which names nothing. */
const TAB_NAME = /^[0-9a-z]{6,13}$/

/** The name of the tab that sent a request; `undefined` if it has none. */
export function readTabName(headers: Headers): string | undefined {
  const name = headers.get(TAB_NAME_HEADER)
  return name !== null && TAB_NAME.test(name) ? name : undefined
}
