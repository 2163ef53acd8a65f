// A font in which every letter is the same box. Pictures of a page that is set in it are the same on machines with
// different fonts, because no letter of an installed font is drawn and every line breaks at the same place.

const UNITS_PER_EM = 1000
const ASCENT = 800
const DESCENT = 200
const ADVANCE = 520
const SIDE = 40

/** Glyphs: the one for what is missing, a blank, and the box. */
const BLANK = 1
const BOX = 2
const BLANKS = [0x20, 0xa0, 0x202f]
const LAST_CODE_POINT = 0x10ffff

class Bytes {
  readonly #bytes: number[] = []

  u8(...values: number[]): this {
    this.#bytes.push(...values.map((value) => value & 0xff))
    return this
  }

  u16(...values: number[]): this {
    for (const value of values) this.u8(value >> 8, value)
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) this.u8(value >>> 24, value >>> 16, value >>> 8, value)
    return this
  }

  text(text: string): this {
    return this.u8(...[...text].map((letter) => letter.charCodeAt(0)))
  }

  done(): Buffer {
    return Buffer.from(this.#bytes)
  }
}

/** Characters from one code point to another, both included, and their glyph: cmap format 13. */
function toCharacterMap(): Buffer {
  const groups: number[][] = []
  let from = 0x21
  for (const blank of BLANKS) {
    if (blank > from) groups.push([from, blank - 1, BOX])
    groups.push([blank, blank, BLANK])
    from = blank + 1
  }
  groups.push([from, LAST_CODE_POINT, BOX])
  const bytes = new Bytes().u16(0, 1).u16(3, 10).u32(12)
  bytes.u16(13, 0).u32(16 + groups.length * 12, 0, groups.length)
  for (const group of groups) bytes.u32(...group)
  return bytes.done()
}

/** A box that stands on the line. */
function toOutline(height: number): Buffer {
  const [left, right] = [SIDE, ADVANCE - SIDE]
  return (
    new Bytes()
      .u16(1, left, 0, right, height)
      // One contour that ends at its fourth point, no instructions, all points on the curve.
      .u16(3, 0)
      .u8(1, 1, 1, 1)
      .u16(left, 0, right - left, 0)
      .u16(0, height, 0, -height)
      .done()
  )
}

function toNames(family: string): Buffer {
  const text = Buffer.from(family, 'utf16le').swap16()
  return Buffer.concat([new Bytes().u16(0, 1, 18).u16(3, 1, 0x409, 1, text.length, 0).done(), text])
}

/** @param height of the box: a taller one stands for bold letters. */
export function makeBoxFont(height: number): Buffer {
  const box = toOutline(height)
  const glyphs = Buffer.concat([box, box])
  const tables: Readonly<Record<string, Buffer>> = {
    'OS/2': new Bytes()
      .u16(4, ADVANCE, 400, 5, 0)
      .u16(...new Array(10).fill(0), 0)
      .u8(...new Array(10).fill(0))
      .u32(0, 0, 0, 0)
      .text('NONE')
      .u16(0x40, 0x20, 0xffff, ASCENT, -DESCENT, 0, ASCENT, DESCENT)
      .u32(1, 0)
      .u16(height, height, 0, 0x20, 1)
      .done(),
    cmap: toCharacterMap(),
    glyf: glyphs,
    head: new Bytes()
      .u32(0x10000, 0x10000, 0, 0x5f0f3cf5)
      .u16(3, UNITS_PER_EM)
      .u32(0, 0, 0, 0)
      .u16(SIDE, 0, ADVANCE - SIDE, height, 0, 8, 2, 1, 0)
      .done(),
    hhea: new Bytes()
      .u32(0x10000)
      .u16(ASCENT, -DESCENT, 0, ADVANCE, SIDE, SIDE, ADVANCE - SIDE, 1, 0, 0, 0, 0, 0, 0, 0, 3)
      .done(),
    hmtx: new Bytes().u16(ADVANCE, SIDE, ADVANCE, 0, ADVANCE, SIDE).done(),
    loca: new Bytes().u32(0, box.length, box.length, glyphs.length).done(),
    maxp: new Bytes().u32(0x10000).u16(3, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0).done(),
    name: toNames('Box'),
    post: new Bytes().u32(0x30000, 0).u16(-100, 50).u32(0, 0, 0, 0, 0).done(),
  }
  const names = Object.keys(tables)
  const header = new Bytes().u32(0x10000).u16(names.length, 128, 3, names.length * 16 - 128)
  let at = 12 + names.length * 16
  const bodies = names.map((name) => {
    const table = tables[name] ?? Buffer.alloc(0)
    header.text(name).u32(toChecksum(table), at, table.length)
    const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)])
    at += padded.length
    return padded
  })
  return Buffer.concat([header.done(), ...bodies])
}

function toChecksum(table: Buffer): number {
  const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)])
  let sum = 0
  for (let i = 0; i < padded.length; i += 4) sum = (sum + padded.readUInt32BE(i)) >>> 0
  return sum
}
