import { expect, it } from 'vitest'
import { readBrowser } from '../../src/http/browser.ts'

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT}`
const ANDROID = `Mozilla/5.0 (Linux; Android 10; K) ${BLINK}`
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK}`

it.each([
  ['Safari', 'phone', `${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`],
  // All browsers of an iPhone run on the engine of Safari, and break with it.
  ['Safari', 'phone', `${IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1`],
  ['Safari', 'phone', `${IPHONE} FxiOS/133.0 Mobile/15E148 Safari/605.1.15`],
  ['Safari', 'phone', `${IPHONE} Version/18.0 EdgiOS/131.0.2903.68 Mobile/15E148 Safari/604.1`],
  ['Safari', 'phone', `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/490.0.0.52.104]`],
  ['Safari', 'other', `Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) ${WEBKIT} Mobile/15E148`],
  // An iPad says this, too.
  [
    'Safari',
    'other',
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.1 Safari/605.1.15`,
  ],
  ['Chrome', 'other', `${WINDOWS} Chrome/131.0.0.0 Safari/537.36`],
  [
    'Chrome',
    'other',
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${BLINK} Chrome/131.0.0.0 Safari/537.36`,
  ],
  [
    'Chrome',
    'other',
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/131.0.0.0 Safari/537.36`,
  ],
  ['Chrome', 'phone', `${ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36`],
  // A tablet.
  ['Chrome', 'other', `${ANDROID} Chrome/131.0.0.0 Safari/537.36`],
  ['Chrome', 'phone', `${ANDROID} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A]`],
  ['Chrome', 'other', `${WINDOWS} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0`],
  ['Edge', 'other', `${WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0`],
  ['Edge', 'phone', `${ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0`],
  ['Edge', 'other', `${WINDOWS} Chrome/70.0.3538.102 Safari/537.36 Edge/18.19042`],
  [
    'Samsung Internet',
    'phone',
    `${ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
  ],
  [
    'Firefox',
    'other',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0',
  ],
  ['Firefox', 'phone', 'Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0'],
  ['other', 'other', 'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko'],
  ['other', 'other', ''],
  ['other', 'other', null],
])('%s on a device %s: %s', (browser, device, userAgent) => {
  expect(readBrowser(userAgent)).toEqual({ browser, device })
})
