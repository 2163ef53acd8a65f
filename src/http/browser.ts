// What kind of browser a User-Agent says that it is: its family, and whether it is a phone. Newer
// browsers freeze and shorten the header, but not these parts of it.

import type { BROWSERS, SegmentValues } from '../core/counting/segments.ts'

/** All browsers there run on WebKit, whatever they are called. An iPad mostly says that it is a Mac. */
const IOS = /iPhone|iPad|iPod/
const EDGE = /\bEdg(?:e|A)?\//
const CHROMIUM = /\bChrom(?:e|ium)\//
const APPLE_WEBKIT = /Macintosh.*AppleWebKit\//
/** https://developer.mozilla.org/docs/Web/HTTP/Guides/Browser_detection_using_the_user_agent */
const MOBILE = /\bMobi/

export function readBrowser(userAgent: string | null): Pick<SegmentValues, 'browser' | 'device'> {
  if (!userAgent) return { browser: 'other', device: 'other' }
  const isPhone = MOBILE.test(userAgent) && !userAgent.includes('iPad')
  return { browser: toFamily(userAgent), device: isPhone ? 'phone' : 'other' }
}

function toFamily(userAgent: string): (typeof BROWSERS)[number] {
  if (IOS.test(userAgent)) return 'Safari'
  if (EDGE.test(userAgent)) return 'Edge'
  if (userAgent.includes('SamsungBrowser/')) return 'Samsung Internet'
  if (userAgent.includes('Firefox/')) return 'Firefox'
  if (CHROMIUM.test(userAgent)) return 'Chrome'
  return APPLE_WEBKIT.test(userAgent) ? 'Safari' : 'other'
}
