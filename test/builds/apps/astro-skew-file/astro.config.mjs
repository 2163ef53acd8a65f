// What @astrojs/netlify 8.2.6 does for Netlify's skew protection, without its 550 packages.

import { mkdir, writeFile } from 'node:fs/promises'

const id = '6720a1b2c3d4-__RELEASE__'
const skew = {
  patterns: ['/_actions/.*', '/_server-islands/.*', '.*\\.(html)$', '/_astro/.*'],
  sources: [
    { type: 'header', name: 'X-Netlify-Deploy-ID' },
    { type: 'query', name: 'dpl' },
  ],
}

const adapter = {
  name: 'skew-file',
  hooks: {
    'astro:config:done': ({ setAdapter }) =>
      setAdapter({
        name: 'skew-file',
        adapterFeatures: { buildOutput: 'static' },
        supportedAstroFeatures: { staticOutput: 'stable' },
        client: {
          internalFetchHeaders: { 'X-Netlify-Deploy-ID': id },
          assetQueryParams: new URLSearchParams({ dpl: id }),
        },
      }),
    'astro:build:done': async ({ dir }) => {
      const folder = new URL('.netlify/v1/', dir)
      await mkdir(folder, { recursive: true })
      await writeFile(new URL('skew-protection.json', folder), JSON.stringify(skew))
    },
  },
}

export default {
  adapter,
  devToolbar: { enabled: false },
  vite: {
    build: { assetsInlineLimit: 0 },
    define: { 'import.meta.env.PUBLIC_DEPLOY_ID': JSON.stringify(id) },
  },
}
