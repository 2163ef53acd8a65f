// The apps whose builds are tried: which folders their sources come from, where their build tool
// writes, and what a visitor may expect of them beyond what holds for all.

export type App = {
  readonly name: string
  /** Folders below `apps/`; a later one adds to and writes over what an earlier one has. */
  readonly sources: readonly [string, ...string[]]
  /** Where the build is, from the app's folder. */
  readonly output: string
  /** What `npm run build` is given. */
  readonly buildArguments?: readonly string[]
  /**
   * Whether all that a page loads when it is opened by a click has a hash in its name. Else it reads
   * unhashed files (data, HTML), and these follow the cookie's pin.
   */
  readonly isAllHashed: boolean
  /** Whether a service worker answers pages from its own cache. */
  readonly hasShellWorker?: true
  /** Built from this repository's own packages, or fast: tried in each `npm test`. */
  readonly isSmall?: true
}

export const APPS: readonly App[] = [
  { name: 'Vite', sources: ['vite'], output: 'dist', isAllHashed: true, isSmall: true },
  { name: 'Next', sources: ['next'], output: 'out', isAllHashed: false },
  { name: 'Astro', sources: ['astro'], output: 'dist', isAllHashed: false },
  { name: 'SvelteKit', sources: ['sveltekit'], output: 'build', isAllHashed: false },
  { name: 'Nuxt', sources: ['nuxt'], output: '.output/public', isAllHashed: false },
  { name: 'Angular', sources: ['angular'], output: 'dist/shop/browser', isAllHashed: true },
  {
    name: 'Vite with a network-first worker',
    sources: ['vite', 'network-first'],
    output: 'dist',
    isAllHashed: true,
  },
  {
    name: 'Vite with a precaching worker',
    sources: ['vite', 'precaching'],
    output: 'dist',
    isAllHashed: true,
    hasShellWorker: true,
    isSmall: true,
  },
  {
    name: "Vite with Workbox's generateSW",
    sources: ['vite', 'generate-sw'],
    output: 'dist',
    isAllHashed: true,
    hasShellWorker: true,
  },
  {
    name: "Angular with Angular's service worker",
    sources: ['angular', 'ngsw'],
    output: 'dist/shop/browser',
    buildArguments: ['--configuration', 'worker'],
    isAllHashed: true,
    hasShellWorker: true,
  },
]

/** What `HOLO_ALL_BUILDS=1` tries, and what each `npm test` does. */
export const CHOSEN_APPS = APPS.filter(({ isSmall }) => isSmall || process.env.HOLO_ALL_BUILDS)
