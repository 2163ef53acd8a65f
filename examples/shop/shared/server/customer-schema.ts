// The customer of an order as a zod schema over the rules that the form uses, too.

import { z } from 'zod'
import { type Customer, problemOfEmail, problemOfName } from '../customer.ts'

export const customerSchema: z.ZodType<Customer> = z.object({
  name: textWithout(problemOfName),
  email: textWithout(problemOfEmail),
})

function textWithout(problemOf: (text: string) => string | undefined) {
  return z
    .string()
    .check(({ value, issues }) => {
      const message = problemOf(value)
      if (message !== undefined) issues.push({ code: 'custom', message, input: value })
    })
    .transform((text) => text.trim())
}
