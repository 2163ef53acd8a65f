// A site in two releases whose scripts differ in a line, with the names that a bundler gives them.

/** Text that a compressor cannot shorten much, and that is the same each time. */
export function toWords(count: number, seed = 1): string {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state.toString(36)
  }).join(' ')
}

const toScript = (release: string) =>
  `globalThis.words = "${toWords(4000)}"\nglobalThis.ran = "${release}"\n`

export const SCRIPTS = {
  1: { name: 'app-BqXhYzWk.js', text: toScript('1') },
  2: { name: 'app-D3kf9Lm2.js', text: toScript('2') },
}

/** Its files, by their path below the folder. */
export function toDictionarySite(release: keyof typeof SCRIPTS): Readonly<Record<string, string>> {
  const { name, text } = SCRIPTS[release]
  const icon = '<link rel="icon" href="data:,">'
  return {
    'index.html': `<!doctype html><title>${release}</title>${icon}<script type="module" src="/assets/${name}"></script>`,
    [`assets/${name}`]: text,
  }
}
