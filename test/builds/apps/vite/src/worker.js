// This build has no service worker.
