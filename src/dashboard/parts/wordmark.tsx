// The name of the product, with its sign: a large share and a small one.

export function Wordmark() {
  return (
    <span class="wordmark">
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path class="wordmark-large" d="M2 2h7v12H2z" />
        <path class="wordmark-small" d="M10.5 2H14v12h-3.5z" />
      </svg>
      Holo
    </span>
  )
}
