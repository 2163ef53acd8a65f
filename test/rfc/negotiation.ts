// RFC 9110 section 12.5.3: which encoding is sent, and how the reply says so.

import type { Row } from './row.ts'
import { BODY, SCRIPT_PATH, TEXT } from './site.ts'

const accept = (
  encoding: keyof typeof BODY,
  promise: string,
  ...values: readonly string[]
): Row => ({
  source: 'RFC 9110 section 12.5.3',
  promise: `${promise}: ${values.join(' and ') || 'no field'} is answered with ${encoding}`,
  path: SCRIPT_PATH,
  headers: values.map((value) => ['Accept-Encoding', value] as const),
  status: 200,
  reply: {
    'content-encoding': encoding === 'identity' ? null : encoding,
    'content-length': String(BODY[encoding].length),
    vary: 'accept-encoding',
  },
  body: BODY[encoding],
})

export const NEGOTIATION: readonly Row[] = [
  accept('identity', 'who says nothing gets what everybody can read'),
  accept('identity', 'an empty field wishes for no encoding', ''),
  accept('br', 'the one that is accepted', 'br'),
  accept('gzip', 'the one that is accepted', 'gzip'),
  accept('zstd', 'the one that is accepted', 'zstd'),
  accept('br', 'the smallest of equals', 'gzip, deflate, br, zstd'),
  accept('gzip', 'the weight outranks the size', 'br;q=0.5, gzip;q=0.9'),
  accept('gzip', 'a weight of 0 is a refusal', 'br;q=0, zstd;q=0.0, gzip'),
  accept('br', 'a star is any', '*'),
  accept('zstd', 'a star is any but those that are named', 'br;q=0, *'),
  accept('identity', 'a star refused leaves the file as it is', '*;q=0'),
  accept('br', 'a star refused leaves what is named', '*;q=0, br'),
  accept('identity', 'what is not there is not sent', 'deflate, compress'),
  accept('identity', 'identity may be wished for', 'identity, br;q=0.5'),
  accept('gzip', 'identity may be refused', 'identity;q=0, gzip'),
  accept('identity', 'who accepts nothing there is gets the file: no 406', 'identity;q=0'),
  accept('br', 'two fields are one list', 'gzip', 'br'),
  { ...accept('gzip', 'names know no case', 'GZip'), source: 'RFC 9110 section 8.4.1' },
  { ...accept('gzip', 'an old name', 'x-gzip'), source: 'RFC 9110 section 8.4.1.3' },
  {
    ...accept('gzip', 'three decimals', 'br;q=0.001, gzip;q=0.002'),
    source: 'RFC 9110 section 12.4.2',
  },
  {
    source: 'RFC 9110 section 12.5.5',
    promise: 'what has one form only does not vary',
    path: '/text.txt',
    headers: [['Accept-Encoding', 'br, gzip']],
    status: 200,
    reply: { vary: null, 'content-encoding': null },
    body: TEXT,
  },
  {
    source: 'RFC 9110 section 12.5.5',
    promise: 'the plain form of what could be encoded varies, too',
    path: '/plain.js',
    headers: [['Accept-Encoding', 'identity']],
    status: 200,
    reply: { vary: 'accept-encoding', 'content-encoding': null },
    body: BODY.identity,
  },
  {
    source: 'RFC 9110 section 12.5.1',
    promise: 'Accept does not matter: a file has one type',
    path: '/text.txt',
    headers: [['Accept', 'image/png']],
    status: 200,
    reply: { 'content-type': 'text/plain; charset=utf-8' },
  },
]
