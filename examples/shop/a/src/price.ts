// Cents as release 0.0.3 shows them.

const EUROS = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

export function toPrice(cents: number): string {
  return EUROS.format(cents / 100)
}
