import {
  type EnvironmentProviders,
  inject,
  makeEnvironmentProviders,
  provideAppInitializer,
} from '@angular/core'
import { provideServiceWorker, SwUpdate } from '@angular/service-worker'

/** Angular's own worker, at once and not when the app is idle. */
export const provideWorker = (): EnvironmentProviders =>
  makeEnvironmentProviders([
    provideServiceWorker('ngsw-worker.js', { registrationStrategy: 'registerImmediately' }),
    provideAppInitializer(() => {
      const updates = inject(SwUpdate)
      Object.assign(globalThis, { checkForUpdate: () => updates.checkForUpdate() })
    }),
  ])
