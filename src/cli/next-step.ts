// What to type after a publication: the command that lets the first visitors, or none yet, see it.

import { environmentsAsRead } from '../wire/environments.ts'
import type { Api } from './api.ts'

/** There is a document, and it knows the version. */
export async function toNextStep(api: Api, version: string): Promise<string> {
  const { environments } = await api.ask(environmentsAsRead, 'GET', '/environments')
  const isAt = environments.find((one) => one.version === version)
  if (isAt) return isAt.percent > 0 ? 'holo status' : `holo shift ${isAt.name}=1`
  const [, ...others] = environments.filter(({ restricted }) => !restricted)
  const [quietest] = others.toSorted((a, b) => a.percent - b.percent)
  return quietest ? `holo point ${quietest.name} ${version}` : `holo env add canary ${version}`
}
