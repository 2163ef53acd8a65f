import { generateSW } from 'workbox-build'

const { warnings } = await generateSW({
  globDirectory: 'dist',
  globPatterns: ['**/*.{html,js,css,svg}'],
  swDest: 'dist/sw.js',
  // What vite-plugin-pwa sets with registerType 'autoUpdate'.
  skipWaiting: true,
  clientsClaim: true,
  cleanupOutdatedCaches: true,
  navigateFallback: 'index.html',
  navigateFallbackDenylist: [/^\/api\//],
  dontCacheBustURLsMatching: /^assets\//,
})
if (warnings.length > 0) throw new Error(warnings.join('\n'))
