import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MAX_PACK_BLOBS, readPack, toPackIndex } from '../../src/wire/packs.ts'

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function pack(blobs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const index = toPackIndex(blobs.map((bytes) => ({ sha256: hashOf(bytes), size: bytes.length })))
  return new Uint8Array(Buffer.concat([index, ...blobs]))
}

const text = (value: string) => new Uint8Array(Buffer.from(value))

describe('a pack', () => {
  it.each([0, 1, 7, MAX_PACK_BLOBS - 1])('gives back its blobs, beside one of %i bytes', (size) => {
    // Content that looks like an index is content.
    const blobs = [text(''), text('[{"sha256":""}]\n'), randomBytes(size), text('\n\n')]
    const read = readPack(pack(blobs))
    expect(read.ok && read.value.map(({ bytes }) => Buffer.from(bytes))).toEqual(
      blobs.map((bytes) => Buffer.from(bytes)),
    )
    expect(read.ok && read.value.map(({ sha256 }) => sha256)).toEqual(blobs.map(hashOf))
  })

  it.each([
    ['nothing', text(''), 'it must begin with one line of JSON'],
    ['no line feed', text('[]'), 'it must begin with one line of JSON'],
    ['an index without an end', text('x'.repeat(70_000)), 'of at most 65536 bytes'],
    ['no JSON', text('hello\n'), 'must list 1 to 250 blobs'],
    ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 10]), 'must list 1 to 250 blobs'],
    ['no blob', text('[]\n'), 'must list 1 to 250 blobs'],
    ['no list', text('{}\n'), 'must list 1 to 250 blobs'],
    ['too many blobs', pack(Array(MAX_PACK_BLOBS + 1).fill(text(''))), 'must list 1 to 250 blobs'],
    ['a name that is no hash', text('[{"sha256":"../x","size":0}]\n'), 'at 0.sha256'],
    ['a size below 0', toIndexed(-1, 'x'), 'at 0.size'],
    ['a size that is no integer', toIndexed(0.5, 'x'), 'at 0.size'],
    ['a field more', text('[{"sha256":"","size":0,"more":1}]\n'), 'must list 1 to 250 blobs'],
    ['too few bytes', toIndexed(5, 'hell'), 'lists 5 bytes, and 4 follow'],
    ['too many bytes', toIndexed(5, 'hello!'), 'lists 5 bytes, and 6 follow'],
    ['a size beyond all memory', toIndexed(2 ** 52, 'x'), 'and 1 follow'],
  ])('is refused with what is wrong: %s', (_, bytes, message) => {
    const read = readPack(bytes)
    expect(read.ok ? 'accepted' : read.error).toContain(message)
  })
})

function toIndexed(size: number, content: string): Uint8Array<ArrayBuffer> {
  return text(`[{"sha256":"${'0'.repeat(64)}","size":${size}}]\n${content}`)
}
