// RFC 9110 section 13: conditional requests.

import { ETAG, NOTHING, type Row } from './row.ts'
import { SCRIPT_PATH, TEXT } from './site.ts'

const PAST = 'Thu, 01 Jan 1970 00:00:01 GMT'
const FUTURE = 'Fri, 31 Dec 2999 23:59:59 GMT'
const PATH = '/text.txt'

const ifNoneMatch = (promise: string, status: 200 | 304, ...values: string[]): Row => ({
  source: 'RFC 9110 section 13.1.2',
  promise: `If-None-Match: ${promise}`,
  path: PATH,
  headers: values.map((value) => ['If-None-Match', value] as const),
  status,
  body: status === 304 ? NOTHING : TEXT,
})
const ifMatch = (promise: string, status: 200 | 412, ...values: string[]): Row => ({
  source: 'RFC 9110 section 13.1.1',
  promise: `If-Match: ${promise}`,
  path: PATH,
  headers: values.map((value) => ['If-Match', value] as const),
  status,
})

export const CONDITIONALS: readonly Row[] = [
  ifNoneMatch('its tag', 304, ETAG),
  ifNoneMatch('its tag, called weak', 304, `W/${ETAG}`),
  ifNoneMatch('any', 304, '*'),
  ifNoneMatch('a list with its tag', 304, `"x", ${ETAG}, "y"`),
  ifNoneMatch('a list without spaces', 304, `"x",W/"y",${ETAG}`),
  ifNoneMatch('a list with empty members', 304, `, ,${ETAG},`),
  ifNoneMatch('a list in two fields', 304, '"x"', ETAG),
  ifNoneMatch('a tag that holds a comma before its own', 304, `"a,b", ${ETAG}`),
  ifNoneMatch('another tag', 200, '"x"'),
  ifNoneMatch('its tag, called weak in lower case: that is no tag', 200, `w/${ETAG}`),
  ifNoneMatch('only other tags', 200, '"x", W/"y"'),
  ifNoneMatch('the empty tag', 200, '""'),
  ifNoneMatch('no tag at all', 200, 'garbage'),
  ifNoneMatch('nothing', 200, ''),
  {
    source: 'RFC 9110 section 15.4.5',
    promise: 'a 304 carries what a cache must renew, and nothing about a body',
    path: SCRIPT_PATH,
    headers: [
      ['Accept-Encoding', 'br'],
      ['If-None-Match', ETAG],
    ],
    status: 304,
    reply: {
      etag: ETAG,
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': null,
      'content-encoding': null,
      'content-length': null,
      'transfer-encoding': null,
    },
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 13.1.2',
    promise: 'HEAD is told 304 as GET is',
    method: 'HEAD',
    path: PATH,
    headers: [['If-None-Match', ETAG]],
    status: 304,
    reply: { etag: ETAG },
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 8.8.3.3',
    promise: 'the tag of one encoding does not stand for another',
    path: SCRIPT_PATH,
    headers: [
      ['Accept-Encoding', 'gzip'],
      ['If-None-Match', '<etag of br>'],
    ],
    status: 200,
    reply: { 'content-encoding': 'gzip' },
  },
  ifMatch('its tag', 200, ETAG),
  ifMatch('any', 200, '*'),
  ifMatch('a list with its tag', 200, `"x", ${ETAG}`),
  ifMatch('a list in two fields', 200, '"x"', ETAG),
  ifMatch('another tag', 412, '"x"'),
  ifMatch('its tag, called weak: the comparison is strong', 412, `W/${ETAG}`),
  ifMatch('no tag at all', 412, 'garbage'),
  {
    source: 'RFC 9110 section 13.1.1',
    promise: 'HEAD fails with 412 as GET does, without a body',
    method: 'HEAD',
    path: PATH,
    headers: [['If-Match', '"x"']],
    status: 412,
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 15.5.13',
    promise: 'a 412 is a problem document that nobody keeps',
    path: PATH,
    headers: [['If-Match', '"x"']],
    status: 412,
    reply: { 'cache-control': 'no-store', 'content-type': 'application/problem+json' },
  },
  {
    source: 'RFC 9110 section 8.8.3.3',
    promise: 'If-Match with the tag of another encoding fails',
    path: SCRIPT_PATH,
    headers: [
      ['Accept-Encoding', 'gzip'],
      ['If-Match', '<etag of br>'],
    ],
    status: 412,
  },
  ...[PAST, FUTURE, 'not a date'].map(
    (date): Row => ({
      source: 'RFC 9110 section 13.1.3',
      promise: `If-Modified-Since: ${date}, of what has no date, is ignored`,
      path: PATH,
      headers: [['If-Modified-Since', date]],
      status: 200,
      body: TEXT,
    }),
  ),
  ...[PAST, FUTURE, 'not a date'].map(
    (date): Row => ({
      source: 'RFC 9110 section 13.1.4',
      promise: `If-Unmodified-Since: ${date}, of what has no date, is ignored`,
      path: PATH,
      headers: [['If-Unmodified-Since', date]],
      status: 200,
      body: TEXT,
    }),
  ),
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'If-Match comes first: where it fails, If-None-Match does not matter',
    path: PATH,
    headers: [
      ['If-None-Match', ETAG],
      ['If-Match', '"x"'],
    ],
    status: 412,
  },
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'If-None-Match comes after an If-Match that holds',
    path: PATH,
    headers: [
      ['If-Match', ETAG],
      ['If-None-Match', ETAG],
    ],
    status: 304,
  },
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'If-None-Match outranks If-Modified-Since',
    path: PATH,
    headers: [
      ['If-None-Match', '"x"'],
      ['If-Modified-Since', FUTURE],
    ],
    status: 200,
  },
  {
    source: 'RFC 9110 section 13.2.1',
    promise: 'the page of a 404 has no preconditions that could make it a 304',
    path: '/nothing',
    headers: [
      ['Sec-Fetch-Mode', 'navigate'],
      ['If-None-Match', '*'],
    ],
    status: 404,
  },
  {
    source: 'RFC 9110 section 13.2.1',
    promise: 'the page of a 404 has no preconditions that could make it a 412',
    path: '/nothing',
    headers: [
      ['Sec-Fetch-Mode', 'navigate'],
      ['If-Match', '"x"'],
    ],
    status: 404,
  },
  {
    source: 'RFC 9110 section 13.2.1',
    promise: 'a redirect has no preconditions',
    path: '/docs',
    headers: [['If-None-Match', '*']],
    status: 307,
  },
  {
    source: 'RFC 9110 section 13.2.1',
    promise: 'a method that is refused has no preconditions',
    method: 'POST',
    path: PATH,
    headers: [['If-Match', '"x"']],
    status: 405,
  },
  {
    source: 'RFC 9110 section 13.2.1',
    promise: 'OPTIONS has no preconditions',
    method: 'OPTIONS',
    path: PATH,
    headers: [['If-Match', '"x"']],
    status: 204,
  },
]
