// The apps whose builds are tried: which folders their sources come from, where their build tool
// writes, and what a visitor may expect of them beyond what holds for all.

export type App = {
  readonly name: string
  /** Folders below `apps/`; a later one adds to and writes over what an earlier one has. */
  readonly sources: readonly [string, ...string[]]
  /** The packages whose versions say what is tried. */
  readonly shown: readonly string[]
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
  {
    name: 'Vite',
    sources: ['vite'],
    shown: ['vite'],
    output: 'dist',
    isAllHashed: true,
    isSmall: true,
  },
  { name: 'Next', sources: ['next'], shown: ['next'], output: 'out', isAllHashed: false },
  { name: 'Astro', sources: ['astro'], shown: ['astro'], output: 'dist', isAllHashed: false },
  {
    name: 'SvelteKit',
    sources: ['sveltekit'],
    shown: ['@sveltejs/kit', '@sveltejs/adapter-static'],
    output: 'build',
    isAllHashed: false,
  },
  {
    name: 'Nuxt',
    sources: ['nuxt'],
    shown: ['nuxt'],
    output: '.output/public',
    isAllHashed: false,
  },
  {
    name: 'Angular',
    sources: ['angular'],
    shown: ['@angular/core', '@angular/build'],
    output: 'dist/shop/browser',
    isAllHashed: true,
  },
  {
    name: 'Vite with a network-first worker',
    sources: ['vite', 'network-first'],
    shown: ['vite', 'workbox-strategies'],
    output: 'dist',
    isAllHashed: true,
  },
  {
    name: 'Vite with a precaching worker',
    sources: ['vite', 'precaching'],
    shown: ['vite', 'workbox-precaching'],
    output: 'dist',
    isAllHashed: true,
    hasShellWorker: true,
    isSmall: true,
  },
  {
    name: "Vite with Workbox's generateSW",
    sources: ['vite', 'generate-sw'],
    shown: ['vite', 'workbox-build'],
    output: 'dist',
    isAllHashed: true,
    hasShellWorker: true,
  },
  {
    name: "Angular with Angular's service worker",
    sources: ['angular', 'ngsw'],
    shown: ['@angular/core', '@angular/service-worker'],
    output: 'dist/shop/browser',
    buildArguments: ['--configuration', 'worker'],
    isAllHashed: true,
    hasShellWorker: true,
  },
]

/** What `HOLO_ALL_BUILDS=1` tries, and what each `npm test` does. */
export const CHOSEN_APPS = APPS.filter(({ isSmall }) => isSmall || process.env.HOLO_ALL_BUILDS)
