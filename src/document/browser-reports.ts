// What browsers report, as the document sets it: for all environments, and field by field for one.

import * as z from 'zod'

export const browserReports = z
  .strictObject({
    script: z.boolean().optional(),
    sample: z
      .number()
      .gt(0, 'a sample is a share above 0, at most 1')
      .max(1, 'a sample is a share above 0, at most 1')
      .optional(),
    reportingApi: z.boolean().optional(),
  })
  .describe('What browsers report to Holo; nothing if left out')

export type BrowserReportsDocument = z.infer<typeof browserReports>
