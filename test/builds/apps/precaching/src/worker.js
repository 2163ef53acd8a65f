const registered = navigator.serviceWorker.register('/sw.js')

/** Asks for a new worker, as browsers do now and then, and waits until it is in charge. */
globalThis.checkForUpdate = async () => {
  const registration = await (await registered).update()
  const found = registration.installing ?? registration.waiting
  if (!found || found.state === 'activated') return
  await new Promise((resolve) => {
    found.addEventListener('statechange', () => found.state === 'activated' && resolve())
  })
}
