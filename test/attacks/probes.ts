// Requests that try to leave something behind for the next visitor: in an answer that depends on
// what no cache looks at (poisoning), or in a private answer under an address that looks like a file
// (deception).

import type { RawAsk } from './raw-socket.ts'

export type Probe = readonly [name: string, target: string, asked?: RawAsk]

const header = (line: string, target: string): Probe => [line, target, { lines: [line] }]

/** What a cache's key leaves out, and some backends go by. */
const UNKEYED: readonly Probe[] = [
  ...[
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Host: shop.example\r\nX-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: http://evil.example',
    'X-Forwarded-Scheme: nothttps',
    'X-Forwarded-Port: 1',
    'X-Forwarded-Prefix: //evil.example',
    'X-Forwarded-For: 127.0.0.1',
    'Forwarded: for=127.0.0.1;host=evil.example;proto=gopher',
    'X-Real-IP: 127.0.0.1',
    'X-Original-URL: /api/staff/x',
    'X-Rewrite-URL: /api/staff/x',
    'X-HTTP-Method-Override: DELETE',
    'Connection: X-Forwarded-Host, Holo-Visitor, Cookie',
    'Holo-Version: v2',
    'Holo-Environment: canary',
    'Holo-Bucket: 9999',
    'Holo-Visitor: CCCCCCCCCCCCCCCCCCCCCC',
    'Holo-Preview: secret',
    'Holo-Pin: v2',
    'Holo-Pin: v3@secret',
    'Cookie: holo-pin=v2@canary; holo-visitor=CCCCCCCCCCCCCCCCCCCCCC',
    'Cookie: holo-pin=v3@secret\r\nCookie: holo-pin=v2',
    'User-Agent: Googlebot/2.1',
    'Accept: text/html',
    'Origin: https://evil.example',
    'Vary: *',
    'Cache-Control: no-cache, max-age=0',
    'Upgrade: h2c',
  ].map((line) => header(line, '/api/list')),
  ...[
    'X-Forwarded-Host: evil.example',
    'Holo-Pin: v2',
    'Holo-Pin: v3@secret',
    'Range: bytes=0-0',
    'Range: bytes=99999-',
    'Range: bytes=0-0,1-1,2-2',
    'If-None-Match: *',
    'If-Match: "x"',
    'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT',
    'Accept-Encoding: identity;q=0',
    'Accept-Encoding: *;q=0, gzip;q=0.1',
    'Service-Worker: script',
    'Sec-Fetch-Dest: document',
    'Origin: null',
  ].map((line) => header(line, '/app.css')),
  header('Range: bytes=0-0', '/assets/app-v1.js'),
  header('Holo-Pin: v2', '/assets/app-v1.js'),
  header('X-Forwarded-Host: evil.example', '/docs'),
  ['another Host', '/docs', { host: 'evil.example' }],
  ['another port', '/docs', { host: 'shop.example:1' }],
  ['another Host at an API', '/api/list', { host: 'evil.example' }],
]

const METHODS: readonly Probe[] = [
  ['HEAD', '/app.css', { method: 'HEAD' }],
  ['HEAD at an API', '/api/list', { method: 'HEAD' }],
  ['POST', '/app.css', { method: 'POST', body: 'x=1' }],
  ['POST at an API', '/api/list', { method: 'POST', body: 'x=1' }],
  ['PUT', '/assets/app-v1.js', { method: 'PUT', body: 'alert(1)' }],
  ['DELETE', '/assets/app-v1.js', { method: 'DELETE' }],
  ['OPTIONS', '/app.css', { method: 'OPTIONS' }],
  ['PURGE', '/app.css', { method: 'PURGE' }],
  ['TRACE', '/api/list', { method: 'TRACE' }],
  ['a GET with a body', '/api/list', { body: 'role=staff' }],
  ['a GET with a body for a file', '/app.css', { body: 'alert(1)' }],
]

/** Private answers under addresses that end like a file. */
const DECEPTION: readonly Probe[] = [
  '/api/account/x.css',
  '/api/account.css',
  '/api/account;x.css',
  '/api/account%3bx.css',
  '/api/account%00.css',
  '/api/account%0ax.css',
  '/api/account%2fx.css',
  '/api/account%3fx.css',
  '/api/account%23x.css',
  '/api/account?x.css',
  '/api/account/%2e%2e/account/app.css',
  '/account/app-v1.js',
  '/account%2f..%2fapp.css',
  '/app.css%2f..%2faccount',
  '/app.css/..%2faccount',
  '/app.css;/account',
  '/assets/app-v1.js/account',
  '/assets/..%2faccount',
  '/assets/%252e%252e/account',
  '/robots.txt%2f..%2faccount',
  '/api/login',
  '/api/login/x.js',
].map((target) => [`a session at ${target}`, target])

const QUERIES: readonly Probe[] = [
  '/app.css?holo-pin=v2',
  '/app.css?holo-pin=v3',
  '/app.css?holo-pin=%0d%0aX-Evil:1',
  '/docs?holo-pin=v2',
  '/docs?holo-pin=v2&//evil.example',
  '/assets/app-v1.js?holo-pin=v2',
  '/api/list?holo-pin=v2',
  '/api/list?holo-pin=v2%40canary&holo-pin=v1',
  '/api/list?utm_content=x;role=staff',
  '/API/list',
  '/APP.CSS',
  '//app.css',
  '/%61pp.css',
  '/assets/none.js',
  '/assets/app-v3.js',
].map((target) => [target, target])

export const PROBES: readonly Probe[] = [...UNKEYED, ...METHODS, ...DECEPTION, ...QUERIES]
