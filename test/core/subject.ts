// A request as rules see it, for tests of conditions.

import { compileCondition } from '../../src/core/conditions.ts'
import type { RuleSubject } from '../../src/core/types.ts'

export const SUBJECT: RuleSubject = {
  method: 'GET',
  path: '/shop/basket',
  host: 'shop.example.com',
  visitor: 'ada',
  bucket: 42,
  ip: '192.0.2.7',
  country: 'IS',
  city: 'Reykjavík',
  asn: 64_496,
  header: { 'user-agent': 'Mozilla/5.0', 'x-app-version': '2.3.1', 'x-count': '7' },
  cookie: { staff: '1', 'connect.sid': 's%3Aabc', empty: '' },
  query: { debug: 'yes', 'utm.source': 'mail' },
}

/** Whether a condition holds for a request like SUBJECT. */
export function holds(condition: unknown, other: Partial<RuleSubject> = {}): boolean {
  return compileCondition(condition)({ ...SUBJECT, ...other })
}
