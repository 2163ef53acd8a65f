// An origin is a host of the open network: every spelling of an address or a name that is not is refused.

import { describe, expect, it } from 'vitest'
import { checkOrigin } from '../../src/document/origin.ts'

const PRIVATE = [
  ...['localhost', 'localhost.', 'LOCALHOST', 'localhost..', 'a.localhost', 'a.localhost.'],
  ...[
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '0x7f.1',
    '0177.0.0.1',
    '2130706433',
    '127。0。0。1',
    '１２７.0.0.1',
  ],
  ...['0.0.0.0', '0', '10.0.0.1', '100.64.0.1', '169.254.169.254', '172.16.0.1', '192.0.0.1'],
  ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['[::]', '[::1]', '[::127.0.0.1]', '[::10.0.0.1]', '[::2]', '[::ffff:127.0.0.1]'],
  ...['[::ffff:7f00:1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b:1::7f00:1]'],
  ...['[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001:0:7f00:1::1]', '[2001:db8::1]'],
  ...[
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
    '[4000::1]',
  ],
  ...['[2a00::5efe:7f00:1]', '[2a00::200:5efe:a00:1]', '[3fff::1]', '[5f00::1]'],
  ...[
    'intranet',
    'printer.local',
    'printer.local.',
    'local.',
    'db.internal',
    'x.home.arpa',
    'home.arpa',
  ],
  ...['router.lan', 'box.localdomain', 'x.corp', 'x.home', 'x.intranet', 'x.test', 'x.invalid'],
]

const PUBLIC = [
  ...['api.example.com', 'api.example.com.', '1.1.1.1', '[2606:4700::1111]', '[2a00:1450::1]'],
  ...[
    'localhost.example.com',
    'local.example.com',
    'home.example',
    'notlocalhost.com',
    'x.mylocal',
  ],
]

describe('an origin', () => {
  it.each(PRIVATE)('is not at %s', (host) => {
    expect(checkOrigin(`https://${host}`, false)).toEqual(expect.any(String))
  })

  it.each(PUBLIC)('may be at %s', (host) => {
    expect(checkOrigin(`https://${host}`, false)).toBeUndefined()
  })

  it('may be anywhere in a local run', () => {
    expect(checkOrigin('http://127.0.0.1:4006', true)).toBeUndefined()
  })
})
