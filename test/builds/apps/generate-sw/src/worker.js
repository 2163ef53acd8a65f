const registered = navigator.serviceWorker.register('/sw.js')

/** Asks for a new worker, as browsers do now and then, and waits until it is in charge. */
globalThis.checkForUpdate = async () => {
  const registration = await (await registered).update()
  const found = registration.installing ?? registration.waiting
  if (!found) return
  await new Promise((resolve, reject) => {
    const look = () => {
      if (found.state === 'activated') resolve()
      // The browser goes on with the worker before: a file for the cache could not be had, for one.
      if (found.state === 'redundant') reject(new Error('the new worker could not be installed'))
    }
    found.addEventListener('statechange', look)
    look()
  })
}
