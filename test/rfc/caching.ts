// Who may keep a reply, and for how long: RFC 9111, RFC 8246, and service workers.

import { ETAG, type Row } from './row.ts'
import { SCRIPT_PATH } from './site.ts'

const IMMUTABLE = 'public, max-age=31536000, immutable'
const REVALIDATE = 'public, max-age=0, must-revalidate'
const PAGE_LOAD = ['Sec-Fetch-Mode', 'navigate'] as const

const keeps = (
  source: string,
  promise: string,
  path: string,
  status: number,
  cacheControl: string,
  headers: Row['headers'] = [],
  method = 'GET',
): Row => ({
  source,
  promise,
  path,
  status,
  headers,
  method,
  reply: { 'cache-control': cacheControl, expires: null, pragma: null },
})

export const CACHING: readonly Row[] = [
  keeps('RFC 9111 section 5.2.2.7', 'HTML is in no shared cache', '/', 200, 'private, no-cache'),
  keeps(
    'RFC 9111 section 5.2.2.7',
    'HTML is in no shared cache, whatever its name promises',
    '/page',
    200,
    'private, no-cache',
  ),
  keeps(
    'RFC 9111 section 5.2.2.7',
    'the 304 of HTML says the same as its 200',
    '/page',
    304,
    'private, no-cache',
    [['If-None-Match', ETAG]],
  ),
  keeps(
    'RFC 9111 section 5.2.2.2',
    'a plain name is asked for again',
    '/logo.png',
    200,
    REVALIDATE,
  ),
  keeps('RFC 8246 section 2', 'a hashed name is kept for ever', SCRIPT_PATH, 200, IMMUTABLE),
  keeps(
    'RFC 8246 section 2',
    'a part of a hashed file is kept for ever',
    SCRIPT_PATH,
    206,
    IMMUTABLE,
    [['Range', 'bytes=0-4']],
  ),
  keeps('RFC 8246 section 2', 'so is what a 304 renews', SCRIPT_PATH, 304, IMMUTABLE, [
    ['If-None-Match', ETAG],
  ]),
  keeps('RFC 8246 section 2', 'HEAD says what GET says', SCRIPT_PATH, 200, IMMUTABLE, [], 'HEAD'),
  keeps(
    'RFC 9111 section 5.2.2.5',
    'a hashed name that is not there is not kept',
    '/assets/gone-5d41402a.js',
    404,
    'no-store',
  ),
  keeps('RFC 9111 section 5.2.2.5', 'the page of a 404 is not kept', '/nothing', 404, 'no-store', [
    PAGE_LOAD,
  ]),
  keeps(
    'RFC 9111 section 5.2.2.5',
    'a 412 of a hashed file is not kept',
    SCRIPT_PATH,
    412,
    'no-store',
    [['If-Match', '"x"']],
  ),
  keeps(
    'RFC 9111 section 5.2.2.5',
    'a 416 of a hashed file is not kept',
    SCRIPT_PATH,
    416,
    'no-store',
    [['Range', 'bytes=99999-']],
  ),
  keeps(
    'RFC 9111 section 5.2.2.5',
    'a 405 of a hashed file is not kept',
    SCRIPT_PATH,
    405,
    'no-store',
    [],
    'DELETE',
  ),
  keeps(
    'Service Workers standard, appendix B',
    'the script of a service worker is asked for again, whatever its name promises',
    SCRIPT_PATH,
    200,
    REVALIDATE,
    [['Service-Worker', 'script']],
  ),
  keeps(
    'Fetch standard, destination',
    'a client that only says its destination is a service worker all the same',
    SCRIPT_PATH,
    200,
    REVALIDATE,
    [['Sec-Fetch-Dest', 'serviceworker']],
  ),
  keeps(
    'Service Workers standard, appendix B',
    'the 304 of a service worker makes nothing immutable',
    SCRIPT_PATH,
    304,
    REVALIDATE,
    [
      ['Service-Worker', 'script'],
      ['If-None-Match', ETAG],
    ],
  ),
  keeps(
    'Fetch standard, destination',
    'other workers and scripts keep what is hashed',
    SCRIPT_PATH,
    200,
    IMMUTABLE,
    [['Sec-Fetch-Dest', 'worker']],
  ),
]
