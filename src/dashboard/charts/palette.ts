// Colours of versions: each keeps the one it got at first, for as long as the page is open. They never say anything
// alone: the name stands beside.

const COLOURS = 8
const given = new Map<string, number>()

/** The number of its class and custom property. */
export function toColourIndex(version: string): number {
  const known = given.get(version)
  if (known !== undefined) return known
  const index = given.size % COLOURS
  given.set(version, index)
  return index
}

/** `undefined` for a version that no environment has and no chart shows. */
export function findColourIndex(version: string): number | undefined {
  return given.get(version)
}

/** The value of a custom property of the present theme, for a canvas. */
export function readColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** The same colour, so transparent that lines behind it can be seen. */
export function toWash(colour: string, share: number): string {
  return colour.startsWith('oklch(') ? colour.replace(/\)$/, ` / ${share * 100}%)`) : colour
}
