import { build } from 'vite'

await build({
  configFile: false,
  build: {
    emptyOutDir: false,
    rollupOptions: { input: 'sw.js', output: { entryFileNames: 'sw.js' } },
  },
})
