// What release 0.0.3 says about itself. Fetched when it is first opened.

import { RELEASE } from '../release.ts'

export function AboutPage() {
  return (
    <article class="prose" data-testid="about-page">
      <h1>About Kiln &amp; Row</h1>
      <p>Two wheels, one kiln, and a shop that exists to be served in two versions at once.</p>
      <p>
        This is release {RELEASE}: products in a grid, a basket that your browser keeps, and an
        order that is sent in one piece. Release 0.0.5 does all of it differently, and neither page
        can work with the other one's backend.
      </p>
    </article>
  )
}
