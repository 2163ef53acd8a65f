// Tells a name that does not exist from a Holo in which nothing exists yet.

import { documentAsRead } from '../wire/history.ts'
import type { Api } from './api.ts'
import { CliFailure } from './failure.ts'

/** Where nothing is published, that is what is missing. @throws CliFailure */
export async function needDocument(api: Api): Promise<void> {
  try {
    await api.ask(documentAsRead, 'GET', '/assignments')
  } catch (cause) {
    if (cause instanceof CliFailure && cause.code === 'no_document') throw cause
  }
}
