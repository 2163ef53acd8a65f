// Stands in the page itself where its policy allows that, before all of its scripts: keeps the errors that
// come before the script that reports them (report.ts) has been loaded. It has to be tiny.

export type Kept = { push: (event: Event) => unknown }

/** Errors that are kept until the script is there. */
const MAX_EARLY = 20

const early: Event[] = []
Object.defineProperty(self, Symbol.for('holo.reports'), { value: early })
for (const name of ['error', 'unhandledrejection', 'vite:preloadError']) {
  // In the capturing phase, because the errors of elements do not rise. `push` is the report's own later.
  addEventListener(name, (event) => early.length < MAX_EARLY && early.push(event), true)
}
document.currentScript?.remove()
