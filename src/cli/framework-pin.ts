// What `holo publish` says and is told about the pin that a framework sends by itself.

import { type FrameworkPin, toFrameworkPinText } from '../document/framework-pin.ts'
import {
  FRAMEWORKS,
  type Framework,
  type FrameworkNames,
  loadSkewNames,
  toFrameworkPin,
} from '../publish/framework-pin.ts'
import type { UploadResult } from '../publish/upload.ts'
import { misuse } from './failure.ts'

const PIN_FORM = 'write next,id=ID, or id=ID,header=NAME,query=NAME'

/**
 * Parses `--framework-pin`: a framework whose names are known, an id, and names. `false` for none, `undefined`
 * if the files are to tell.
 *
 * @param folder the published one, for the names of Netlify's file.
 * @throws CliFailure
 */
export async function toGivenPin(
  given: string | false | undefined,
  folder: string,
): Promise<FrameworkPin | false | undefined> {
  if (given === undefined || given === false) return given
  const said = { id: [] as string[], header: [] as string[], query: [] as string[] }
  let known: FrameworkNames | undefined
  for (const part of given.split(',')) {
    const cut = part.indexOf('=')
    const key = part.slice(0, Math.max(0, cut))
    if (cut < 0 && Object.hasOwn(FRAMEWORKS, part)) {
      known = part === 'netlify' ? await loadSkewNames(folder) : FRAMEWORKS[part as Framework]
    } else if (key === 'id' || key === 'header' || key === 'query') {
      said[key].push(part.slice(cut + 1))
    } else {
      const names = Object.keys(FRAMEWORKS).join(', ')
      throw misuse(
        `--framework-pin does not know "${part}"`,
        `${PIN_FORM}; frameworks are ${names}`,
      )
    }
  }
  const [id, ...others] = said.id
  if (id === undefined || others.length > 0) throw misuse('--framework-pin needs one id', PIN_FORM)
  const headers = [...(known?.headers ?? []), ...said.header.map((name) => name.toLowerCase())]
  const queries = [...(known?.queries ?? []), ...said.query]
  if (headers.length + queries.length === 0) {
    throw misuse('--framework-pin needs a header or a query in which the id is sent', PIN_FORM)
  }
  const pin = toFrameworkPin(id, { headers, queries })
  if (pin) return pin
  throw misuse(
    `--framework-pin "${given}" is not valid`,
    'an id is up to 128 letters, digits and "._~+/=-"; a header is no standard one; at most 4 names of each kind',
  )
}

/** One sentence about what counts as a pin besides Holo's own. */
export function describeFrameworkPin({
  by,
  pin,
}: NonNullable<UploadResult['frameworkPin']>): string {
  const who = by ? FRAMEWORKS[by].title : 'What was given'
  return `${who} pins tabs to this version by itself: ${toFrameworkPinText(pin)}`
}

type Earlier = { readonly id: string; readonly frameworkPin?: FrameworkPin | undefined }

/** What to look at in a pin, given the versions that are there. */
export function listPinWarnings(
  version: string,
  pin: FrameworkPin | undefined,
  earlier: readonly Earlier[],
): readonly string[] {
  const own = earlier.find(({ id }) => id === version)
  if (own && JSON.stringify(own.frameworkPin) !== JSON.stringify(pin)) {
    const kept = own.frameworkPin ? toFrameworkPinText(own.frameworkPin) : 'none'
    return [
      `version ${version} keeps the framework pin with which it was published (${kept}): publish under another id to change it`,
    ]
  }
  const same = pin && earlier.find((one) => one.id !== version && one.frameworkPin?.id === pin.id)
  if (!same) return []
  return [
    `version ${same.id} has the same build id "${pin.id}", so its tabs and those of this version cannot be told apart by it: give each build an id of its own`,
  ]
}
