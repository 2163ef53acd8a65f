// RFC 9110 section 14, and the 206 and 416 of section 15.

import { ETAG, NOTHING, type Row } from './row.ts'
import { BODY, SCRIPT_PATH, TEXT } from './site.ts'

const PATH = '/text.txt'
const SIZE = TEXT.length

const part = (source: string, range: string, first: number, last: number): Row => ({
  source,
  promise: `${range} is bytes ${first} to ${last}`,
  path: PATH,
  headers: [['Range', range]],
  status: 206,
  reply: {
    'content-range': `bytes ${first}-${last}/${SIZE}`,
    'content-length': String(last - first + 1),
  },
  body: TEXT.subarray(first, last + 1),
})
const ignored = (source: string, range: string): Row => ({
  source,
  promise: `${range.slice(0, 40)} is ignored`,
  path: PATH,
  headers: [['Range', range]],
  status: 200,
  reply: { 'content-range': null, 'content-length': String(SIZE) },
  body: TEXT,
})
const beyond = (range: string): Row => ({
  source: 'RFC 9110 section 15.5.17',
  promise: `${range} is a 416 that tells the length there is`,
  path: PATH,
  headers: [['Range', range]],
  status: 416,
  reply: { 'content-range': `bytes */${SIZE}`, 'cache-control': 'no-store', etag: null },
})
const ifRange = (promise: string, status: 200 | 206, value: string): Row => ({
  source: 'RFC 9110 section 13.1.5',
  promise: `If-Range: ${promise}`,
  path: PATH,
  headers: [
    ['Range', 'bytes=0-4'],
    ['If-Range', value],
  ],
  status,
  body: status === 206 ? TEXT.subarray(0, 5) : TEXT,
})
const MULTIPART = /^multipart\/byteranges; boundary=[0-9A-Za-z]{1,70}$/

export const RANGES: readonly Row[] = [
  part('RFC 9110 section 14.1.2', 'bytes=0-4', 0, 4),
  part('RFC 9110 section 14.1.2', 'bytes=0-0', 0, 0),
  part('RFC 9110 section 14.1.2', 'bytes=1995-', 1995, 1999),
  part('RFC 9110 section 14.1.2', 'bytes=0-', 0, 1999),
  part('RFC 9110 section 14.1.2', 'bytes=-3', 1997, 1999),
  part('RFC 9110 section 14.1.2', 'bytes=-99999', 0, 1999),
  part('RFC 9110 section 14.1.2', 'bytes=1990-99999', 1990, 1999),
  part('RFC 9110 section 14.1.2', 'bytes=1999-18446744073709551616', 1999, 1999),
  part('RFC 9110 section 14.1', 'Bytes=0-4', 0, 4),
  part('RFC 9110 section 5.6.1.2', 'bytes=,0-4 ,', 0, 4),
  part('RFC 9110 section 14.1.2', 'bytes=0-4,99999-', 0, 4),
  part('RFC 9110 section 15.3.7.2', 'bytes=0-99,50-149', 0, 149),
  part('RFC 9110 section 15.3.7.2', 'bytes=10-19,0-9', 0, 19),
  part('RFC 9110 section 17.15', 'bytes=0-,0-,0-,0-', 0, 1999),
  ignored('RFC 9110 section 14.2', 'lines=0-4'),
  ignored('RFC 9110 section 14.1.1', 'bytes=4-0'),
  ignored('RFC 9110 section 14.1.1', 'bytes=0-4,5-2'),
  ignored('RFC 9110 section 14.1.1', 'bytes=a-b'),
  ignored('RFC 9110 section 14.1.1', 'bytes=-'),
  ignored('RFC 9110 section 14.1.1', 'bytes=--5'),
  ignored('RFC 9110 section 14.1.1', 'bytes 0-4'),
  ignored('RFC 9110 section 14.2', 'bytes=0-999,1000-1200,1300-1999'),
  ignored('RFC 9110 section 17.15', `bytes=${Array(500).fill('0-0').join(',')}`),
  beyond('bytes=2000-'),
  beyond('bytes=2000-2001'),
  beyond('bytes=-0'),
  beyond('bytes=5000-,-0'),
  {
    source: 'RFC 9110 section 14.3',
    promise: 'a file says that it can be had in parts',
    path: PATH,
    status: 200,
    reply: { 'accept-ranges': 'bytes' },
  },
  {
    source: 'RFC 9110 section 14.3',
    promise: 'HEAD says so as well',
    method: 'HEAD',
    path: PATH,
    status: 200,
    reply: { 'accept-ranges': 'bytes' },
  },
  {
    source: 'RFC 9110 section 14.2',
    promise: 'HEAD has no ranges',
    method: 'HEAD',
    path: PATH,
    headers: [['Range', 'bytes=0-4']],
    status: 200,
    reply: { 'content-length': String(SIZE), 'content-range': null },
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 14.2',
    promise: 'a HEAD that asks beyond the end is no 416',
    method: 'HEAD',
    path: PATH,
    headers: [['Range', 'bytes=9999-']],
    status: 200,
  },
  {
    source: 'RFC 9110 section 14.2',
    promise: 'an empty file is sent whole',
    path: '/empty.txt',
    headers: [['Range', 'bytes=0-']],
    status: 200,
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 14.2',
    promise: 'the page of a 404 has no ranges',
    path: '/nothing',
    headers: [
      ['Sec-Fetch-Mode', 'navigate'],
      ['Range', 'bytes=0-4'],
    ],
    status: 404,
    reply: { 'content-range': null },
  },
  {
    source: 'RFC 9110 section 14.2',
    promise: 'a method that is refused has no ranges',
    method: 'POST',
    path: PATH,
    headers: [['Range', 'bytes=9999-']],
    status: 405,
  },
  {
    source: 'RFC 9110 section 15.3.7',
    promise: 'a 206 carries validator, freshness and type as the 200 does',
    path: SCRIPT_PATH,
    headers: [
      ['Accept-Encoding', 'br'],
      ['Range', 'bytes=0-4'],
    ],
    status: 206,
    reply: {
      etag: ETAG,
      vary: 'accept-encoding',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      'accept-ranges': 'bytes',
    },
  },
  ...(['br', 'gzip', 'zstd'] as const).map(
    (encoding): Row => ({
      source: 'RFC 9110 section 14.1.2',
      promise: `a range of ${encoding} counts the encoded bytes`,
      path: SCRIPT_PATH,
      headers: [
        ['Accept-Encoding', encoding],
        ['Range', 'bytes=3-9'],
      ],
      status: 206,
      reply: {
        'content-encoding': encoding,
        'content-range': `bytes 3-9/${BODY[encoding].length}`,
        etag: ETAG,
      },
      body: BODY[encoding].subarray(3, 10),
    }),
  ),
  ifRange('its tag', 206, ETAG),
  ifRange('another tag', 200, '"x"'),
  ifRange('its tag, called weak: the comparison is strong', 200, `W/${ETAG}`),
  ifRange('a date, of what has none', 200, 'Fri, 31 Dec 2999 23:59:59 GMT'),
  ifRange('a list, which it cannot be', 200, `"x", ${ETAG}`),
  {
    source: 'RFC 9110 section 13.1.5',
    promise: 'If-Range without Range says nothing',
    path: PATH,
    headers: [['If-Range', '"x"']],
    status: 200,
  },
  {
    source: 'RFC 9110 section 13.1.5',
    promise: 'where If-Range does not hold, what is beyond the end does not matter',
    path: PATH,
    headers: [
      ['Range', 'bytes=9999-'],
      ['If-Range', '"x"'],
    ],
    status: 200,
    body: TEXT,
  },
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'If-None-Match comes before Range',
    path: PATH,
    headers: [
      ['Range', 'bytes=9999-'],
      ['If-None-Match', ETAG],
    ],
    status: 304,
    body: NOTHING,
  },
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'If-Match comes before Range',
    path: PATH,
    headers: [
      ['Range', 'bytes=0-4'],
      ['If-Match', '"x"'],
    ],
    status: 412,
  },
  {
    source: 'RFC 9110 section 13.2.2',
    promise: 'an If-Match that holds lets a range be taken',
    path: PATH,
    headers: [
      ['Range', 'bytes=0-4'],
      ['If-Match', ETAG],
    ],
    status: 206,
    body: TEXT.subarray(0, 5),
  },
  {
    source: 'RFC 9110 section 15.3.7.2',
    promise: 'several ranges are one multipart body, which has no Content-Range itself',
    path: PATH,
    headers: [['Range', 'bytes=500-509,0-4,-5']],
    status: 206,
    reply: { 'content-type': MULTIPART, 'content-range': null, etag: ETAG },
  },
]
