// Bundles sw.js with the list of what it precaches. Workbox's own tool for this, workbox-build, brings
// some two hundred packages; the app beside this one uses it.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { build } from 'vite'

const files = await readdir('dist', { recursive: true, withFileTypes: true })
const precached = []
for (const file of files.filter((file) => file.isFile())) {
  const path = `${file.parentPath}/${file.name}`
  const url = path.replace('dist/', '/')
  const content = await readFile(path)
  const isHashed = url.startsWith('/assets/')
  const revision = isHashed ? null : createHash('md5').update(content).digest('hex')
  precached.push({ url, revision })
}

await build({
  configFile: false,
  define: { 'self.__WB_MANIFEST': JSON.stringify(precached) },
  build: {
    emptyOutDir: false,
    rollupOptions: { input: 'sw.js', output: { entryFileNames: 'sw.js' } },
  },
})
