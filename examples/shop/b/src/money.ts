// Amounts with their currency as release 0.0.5 shows them.

import type { Money } from './api.ts'

export function toText({ amount, currency }: Money): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(Number(amount))
}
