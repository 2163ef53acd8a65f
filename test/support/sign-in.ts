// A browser on the page of the dashboard: it signs in, keeps the cookie of its session, and says with each
// request where it comes from, as browsers do.

import type { AdminEdge, CallOptions } from './api-edge.ts'
import type { Answer } from './http-client.ts'

/** What a browser and the page send with a request of the page itself. */
export const OWN_PAGE = { 'sec-fetch-site': 'same-origin', 'holo-request': '1' }

const API = '/.holo/api'

export class DashboardBrowser {
  readonly #call: AdminEdge['call']
  readonly cookies: Record<string, string> = {}

  constructor(call: AdminEdge['call']) {
    this.#call = call
  }

  /** @param credential a token or a one-time code. */
  signIn(credential: object): Promise<Answer> {
    return this.call('POST', '/session', { json: credential })
  }

  /** A request of the page, with the cookies of the browser. Headers of `asked` replace the usual ones. */
  async call(method: string, path: string, asked: CallOptions = {}): Promise<Answer> {
    const cookie = this.cookie
    const answer = await this.#call(method, API + path, {
      ...asked,
      headers: { ...OWN_PAGE, ...(cookie === '' ? {} : { cookie }), ...asked.headers },
    })
    for (const [name, value] of Object.entries(answer.cookies)) {
      if (value === '') delete this.cookies[name]
      else this.cookies[name] = value
    }
    return answer
  }

  get cookie(): string {
    return Object.entries(this.cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join('; ')
  }
}

export const codeOf = ({ body }: Answer): unknown =>
  body === '' ? undefined : JSON.parse(body).code
