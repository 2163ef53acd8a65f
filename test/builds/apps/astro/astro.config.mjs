export default {
  devToolbar: { enabled: false },
  vite: { build: { assetsInlineLimit: 0 } },
}
