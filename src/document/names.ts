// The names of environments and versions, as zod checks them wherever somebody writes one.

import * as z from 'zod'
import { ENVIRONMENT_NAME, VERSION_ID } from '../core/names.ts'

export const environmentName = z
  .string()
  .regex(ENVIRONMENT_NAME, 'a name is lower-case letters, digits and "-", beginning with a letter')

export const versionId = z
  .string()
  .regex(VERSION_ID, 'a version id is up to 64 letters, digits and "._+-", such as "1.4.0"')

/** Whether a text is a host name as the document has it: in lower case, without a port. */
export function isHost(host: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host)
}
