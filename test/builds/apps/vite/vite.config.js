// Vite as it comes, with Preact's JSX. Nothing is inlined, so that pictures are files of their own.

export default {
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: { assetsInlineLimit: 0 },
}
