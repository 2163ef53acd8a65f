// What a request says of its client, and where that stands in a page's list: only such short values leave
// the isolate, never a User-Agent.

import {
  BROWSERS,
  DEVICES,
  MAX_SEGMENT_VALUES,
  type SegmentValues,
} from '../core/counting/segments.ts'
import { readBrowser } from '../http/browser.ts'

/** As Cloudflare says it: two letters, or `T1` for Tor, which is no country. */
const COUNTRY = /^[A-Z]{2}$/

/** Stands for an unknown country. */
const UNKNOWN = 'XX'

/** What is read of a request; `cf` is what Cloudflare knows of the connection. */
type Asking = { readonly headers: Headers; readonly cf?: unknown }

export function readSegmentValues({ headers, cf }: Asking): SegmentValues {
  const { country } = (cf ?? {}) as { readonly country?: unknown }
  const isKnown = typeof country === 'string' && country !== UNKNOWN && COUNTRY.test(country)
  return { ...readBrowser(headers.get('user-agent')), country: isKnown ? country : '' }
}

/** Places that are kept free for clients whose country finds no room. */
const WITHOUT_COUNTRY = BROWSERS.length * DEVICES.length

/** What clients are, each with its place in a list, from 1. */
export type PlacedSegments = Map<string, SegmentValues & { readonly place: number }>

/** The place of values in a list. If the list is full it is that without the country. */
export function placeSegment(list: PlacedSegments, values: SegmentValues): number {
  const { browser, device, country } = values
  const name = `${browser} ${device} ${country}`
  const known = list.get(name)
  if (known) return known.place
  const isFull = list.size >= MAX_SEGMENT_VALUES - WITHOUT_COUNTRY
  if (isFull && country !== '') return placeSegment(list, { ...values, country: '' })
  const place = list.size + 1
  list.set(name, { browser, device, country, place })
  return place
}
