// What release 0.0.5 says about itself. Fetched when it is first opened.

import { RELEASE } from '../release.ts'

export function AboutPage() {
  return (
    <article class="prose" data-testid="about-page">
      <h1>The new Kiln &amp; Row</h1>
      <p>The same two wheels and the same kiln, now in colour.</p>
      <p>
        This is release {RELEASE}: shelves by category, a search field, and a basket that the server
        keeps. Its API shares no endpoint with that of release 0.0.3 but the one that tells the
        release.
      </p>
    </article>
  )
}
