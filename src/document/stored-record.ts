// The record of a version as it stands in the store, with the number of its schema. A record that a newer Holo
// has written may mean something else than its fields say here, so nothing of it is used.

import type { VersionRecord } from './version-record.ts'

/** Rises when a record changes so that an earlier release would read it wrongly; records without one have 1. */
export const RECORD_SCHEMA = 1

export function formatRecord(record: VersionRecord): string {
  return `${JSON.stringify({ schema: RECORD_SCHEMA, ...record }, null, 2)}\n`
}

/** @throws Error when the text is no record of any Holo. */
export function parseRecord(text: string): VersionRecord | 'newer' {
  const { schema = RECORD_SCHEMA, ...record } = JSON.parse(text)
  if (!Number.isInteger(schema) || schema < 1) {
    throw new Error(`a record of a version with the schema ${JSON.stringify(schema)}`)
  }
  return schema > RECORD_SCHEMA ? 'newer' : record
}
