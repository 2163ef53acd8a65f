// A change comes twice, as a dry run and as the change itself: its document is parsed once.

import { describe, expect, it, vi } from 'vitest'
import { createParseLast } from '../../src/control/document/draft.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { exampleDocument } from '../support/document.ts'

const TEXT = JSON.stringify(exampleDocument())

describe('the parsing of a change', () => {
  it('is done once for the same text', () => {
    const parse = vi.fn(parseAssignments)
    const parseLast = createParseLast(parse)
    const first = parseLast(TEXT, false)
    expect(first).toEqual(parseAssignments(TEXT, { allowInsecure: false }))
    expect(parseLast(TEXT, false)).toBe(first)
    expect(parse).toHaveBeenCalledTimes(1)
  })

  it('is done anew for another text and another setting, and keeps one text only', () => {
    const parse = vi.fn(parseAssignments)
    const parseLast = createParseLast(parse)
    const other = TEXT.replace('"schema":1', '"schema":2')
    expect(parseLast(TEXT, false).ok).toBe(true)
    expect(parseLast(other, false).ok).toBe(false)
    expect(parseLast(TEXT, false).ok).toBe(true)
    expect(parseLast(TEXT, true).ok).toBe(true)
    expect(parse).toHaveBeenCalledTimes(4)
  })
})
