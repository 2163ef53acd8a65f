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
   * What is read besides hashed files when a link is followed, and so follows the cookie's pin: the
   * page itself, which is then whole, or data that a page of the other version may get.
   */
  readonly unhashed: 'nothing' | 'pages' | 'data'
  /** What its framework keeps on the version of its tab by what it sends itself, without Holo's script. */
  readonly pins?: 'data' | 'all'
  /** Whether a service worker answers pages from its own cache. */
  readonly hasShellWorker?: true
  /**
   * Whether its worker, when a rollback brings back a version that it still has in its cache, does not
   * take it for an update. Angular's does not, until it has been restarted and has cleaned up.
   */
  readonly ignoresCachedVersions?: true
  /** Whether it needs no packages beyond this repository's own: tried in each `npm test`. */
  readonly isSmall?: true
}

export const APPS: readonly App[] = [
  {
    name: 'Vite',
    sources: ['vite'],
    shown: ['vite'],
    output: 'dist',
    unhashed: 'nothing',
    isSmall: true,
  },
  { name: 'Next', sources: ['next'], shown: ['next'], output: 'out', unhashed: 'pages' },
  {
    name: 'Next with a deploymentId',
    sources: ['next', 'next-deployment-id'],
    shown: ['next'],
    output: 'out',
    unhashed: 'pages',
    pins: 'all',
  },
  { name: 'Astro', sources: ['astro'], shown: ['astro'], output: 'dist', unhashed: 'pages' },
  {
    name: "Astro with Netlify's skew file",
    sources: ['astro', 'astro-skew-file'],
    shown: ['astro'],
    output: 'dist',
    unhashed: 'pages',
    pins: 'all',
  },
  {
    name: 'SvelteKit',
    sources: ['sveltekit'],
    shown: ['@sveltejs/kit', '@sveltejs/adapter-static'],
    output: 'build',
    unhashed: 'data',
  },
  {
    name: 'Nuxt',
    sources: ['nuxt'],
    shown: ['nuxt'],
    output: '.output/public',
    unhashed: 'data',
    pins: 'data',
  },
  {
    name: 'Angular',
    sources: ['angular'],
    shown: ['@angular/core', '@angular/build'],
    output: 'dist/shop/browser',
    unhashed: 'nothing',
  },
  {
    name: 'Vite with a network-first worker',
    sources: ['vite', 'network-first'],
    shown: ['vite', 'workbox-strategies'],
    output: 'dist',
    unhashed: 'nothing',
  },
  {
    name: 'Vite with a precaching worker',
    sources: ['vite', 'precaching'],
    shown: ['vite', 'workbox-precaching'],
    output: 'dist',
    unhashed: 'nothing',
    hasShellWorker: true,
    isSmall: true,
  },
  {
    name: "Vite with Workbox's generateSW",
    sources: ['vite', 'generate-sw'],
    shown: ['vite', 'workbox-build'],
    output: 'dist',
    unhashed: 'nothing',
    hasShellWorker: true,
  },
  {
    name: "Angular with Angular's service worker",
    sources: ['angular', 'ngsw'],
    shown: ['@angular/core', '@angular/service-worker'],
    output: 'dist/shop/browser',
    buildArguments: ['--configuration', 'worker'],
    unhashed: 'nothing',
    hasShellWorker: true,
    ignoresCachedVersions: true,
  },
]

/** What `HOLO_ALL_BUILDS=1` tries, and what each `npm test` does. */
export const CHOSEN_APPS = APPS.filter(({ isSmall }) => isSmall || process.env.HOLO_ALL_BUILDS)
