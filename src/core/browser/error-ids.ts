// Names the groups of errors: the id of a group, which anybody can compute from its content, and its kin, by which
// the same error is recognised in another version, whose files have other hashes and lines.

import { murmur3Text } from '../murmur3.ts'
import type { ErrorGroup } from './error-groups.ts'

/** 16 hex digits: two hashes of 32 bits each. */
export const ERROR_ID = /^[0-9a-f]{16}$/

const FIRST_SEED = 0x15a4e35
const SECOND_SEED = 0x9e3779b9

export function toErrorId({
  version,
  kind,
  message,
  frame,
}: Pick<ErrorGroup, 'version' | 'kind' | 'message' | 'frame'>): string {
  return toName(JSON.stringify([version, kind, message, frame]))
}

/** The same for errors with one message in one file, whatever the file's hash and the place in it. */
export function toErrorKin({
  kind,
  message,
  frame,
}: Pick<ErrorGroup, 'kind' | 'message' | 'frame'>): string {
  return toName(JSON.stringify([kind, message, toFrameFile(frame)]))
}

function toName(text: string): string {
  return [FIRST_SEED, SECOND_SEED]
    .map((seed) => murmur3Text(text, seed).toString(16).padStart(8, '0'))
    .join('')
}

/** Eight characters of base64url before the extension, as Vite and Rollup write a hash. */
const HASH_BEFORE_EXTENSION = /[-.][\w-]{8}(?=(?:\.[a-z]+)+$)/i
/** A part of a name with a digit, of six characters or more: a hash in hex, a number of a build. */
const PART_WITH_DIGITS = /(?<=[/._-])(?=[a-z]*\d)[a-z\d]{6,}(?=[/._-]|$)/gi

/** The file of a frame without what changes from build to build: `/assets/index-*.js`. */
function toFrameFile(frame: string): string {
  return frame
    .replace(/(?::\d+){1,2}$/, '')
    .replace(HASH_BEFORE_EXTENSION, '-*')
    .replace(PART_WITH_DIGITS, '*')
}
