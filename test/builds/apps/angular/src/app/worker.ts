import { type EnvironmentProviders, makeEnvironmentProviders } from '@angular/core'

/** This build has no service worker. */
export const provideWorker = (): EnvironmentProviders => makeEnvironmentProviders([])
