export default defineNuxtConfig({
  compatibilityDate: '2026-11-01',
  telemetry: false,
  css: ['~/assets/style.css'],
  app: {
    head: { title: 'Pottery __RELEASE__', link: [{ rel: 'icon', href: '/logo.svg' }] },
  },
  vite: { build: { assetsInlineLimit: 0 } },
})
