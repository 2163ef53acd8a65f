// A small valid document to start tests from: two public environments, two restricted ones.

import type { AssignmentsDocument } from '../../src/document/schema.ts'

/** A new document each time, so that a test may change it. */
export function exampleDocument(): AssignmentsDocument {
  return {
    schema: 1,
    revision: 42,
    salt: 'shop',
    environments: {
      main: { version: '0.0.3' },
      canary: { version: '0.0.5' },
      qa: { version: '0.0.5', restricted: true, hosts: ['qa.example.com'] },
      dev: { version: '0.0.6-dev', restricted: true },
    },
    traffic: { main: 95, canary: 5 },
    rules: [
      {
        name: 'staff first',
        environment: 'canary',
        when: { '==': [{ var: 'cookie.staff' }, '1'] },
      },
    ],
    versions: {
      '0.0.3': {
        manifest: '3'.repeat(64),
        services: [{ prefix: '/api/', origins: ['https://api-3.example.com'] }],
      },
      '0.0.5': {
        manifest: '5'.repeat(64),
        services: [{ prefix: '/api/', origins: ['https://api-5.example.com'] }],
      },
      '0.0.6-dev': { manifest: '6'.repeat(64) },
    },
  }
}
