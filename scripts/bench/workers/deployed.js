// Everything that is in the bundle of a deployment, with the router by itself for Workers of the bench: what an
// isolate does not use is part of what it loads.

export { createRouter } from '../../../src/router.ts'
export { Control } from '../../../src/worker.ts'
