// Compares a page with the picture of it that is committed. The page is set in a font of boxes, so that fonts of the
// machine play no part; what the words are is the matter of other tests.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { makeBoxFont } from './box-font.ts'

const FOLDER = new URL('../fixtures/screenshots/', import.meta.url).pathname
/** `HOLO_WRITE_SCREENSHOTS=1` writes the pictures anew, instead of comparing with them. */
const IS_WRITING = process.env.HOLO_WRITE_SCREENSHOTS === '1'

/**
 * Squares of so many pixels are compared by their mean colour: another Chromium, or other settings for fonts, may
 * smooth or move the edge of a letter by a part of a pixel.
 */
const SQUARE_PX = 4
/** Of the mean red, green and blue of a square, of 255. */
const COLOUR_TOLERANCE = 40
/** A button that moves by two pixels is more than this share of a picture. */
const MAX_DIFFERENT_SHARE = 0.0003

const FONTS = [
  { weight: '100 550', height: 460 },
  { weight: '551 900', height: 640 },
].map(({ weight, height }) => ({ weight, bytes: makeBoxFont(height).toString('base64') }))

/** Sets every page of a context in boxes. Fonts that a script makes of bytes are no matter of the page's policy. */
export async function useBoxFont(context: BrowserContext): Promise<void> {
  await context.addInitScript((fonts) => {
    for (const { weight, bytes } of fonts) {
      const font = new FontFace(
        'Box',
        Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)).buffer,
        { weight },
      )
      document.fonts.add(font)
      font.load()
    }
    // The element is there before scripts of the page run.
    document.addEventListener('readystatechange', () => {
      document.documentElement.style.setProperty('--font', 'Box')
      document.documentElement.style.setProperty('--mono', 'Box')
    })
  }, FONTS)
}

export async function expectScreenshot(page: Page, name: string): Promise<void> {
  const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  const file = join(FOLDER, `${name}.png`)
  if (IS_WRITING) {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, taken)
    return
  }
  expect(existsSync(file), `${file} is missing: HOLO_WRITE_SCREENSHOTS=1 writes it`).toBe(true)
  const accepted = readFileSync(file)
  if (accepted.equals(taken)) return
  const share = await toDifferentShare(page, accepted, taken)
  if (share <= MAX_DIFFERENT_SHARE) return
  const other = join(tmpdir(), `holo-${name}.png`)
  writeFileSync(other, taken)
  expect.fail(
    `${(share * 100).toFixed(2)} % of ${name} differ from ${file}: look at ${other}. HOLO_WRITE_SCREENSHOTS=1 accepts what is there now.`,
  )
}

/** The share of squares that differ; 1 for pictures of different sizes. The browser decodes them. */
async function toDifferentShare(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const looking = await page.context().newPage()
  try {
    return await looking.evaluate(
      async ({ pictures, tolerance, square }) => {
        const [before, after] = await Promise.all(
          pictures.map(async (base64) => {
            const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
            const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
            const context = canvas.getContext('2d')
            context?.drawImage(bitmap, 0, 0)
            return context?.getImageData(0, 0, bitmap.width, bitmap.height)
          }),
        )
        if (!before || !after) return 1
        if (before.width !== after.width || before.height !== after.height) return 1
        const { width, height } = before
        const toMeans = ({ data }: ImageData) => {
          const across = Math.ceil(width / square)
          const sums = new Float64Array(across * Math.ceil(height / square) * 3)
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const place = (Math.floor(y / square) * across + Math.floor(x / square)) * 3
              for (let colour = 0; colour < 3; colour++) {
                sums[place + colour] =
                  (sums[place + colour] ?? 0) + (data[(y * width + x) * 4 + colour] ?? 0)
              }
            }
          }
          return sums.map((sum) => sum / square ** 2)
        }
        const [one, other] = [toMeans(before), toMeans(after)]
        const isOther = (i: number) => Math.abs((one[i] ?? 0) - (other[i] ?? 0)) > tolerance
        let different = 0
        for (let i = 0; i < one.length; i += 3) {
          if (isOther(i) || isOther(i + 1) || isOther(i + 2)) different++
        }
        return different / (one.length / 3)
      },
      {
        pictures: [one.toString('base64'), other.toString('base64')],
        tolerance: COLOUR_TOLERANCE,
        square: SQUARE_PX,
      },
    )
  } finally {
    await looking.close()
  }
}
