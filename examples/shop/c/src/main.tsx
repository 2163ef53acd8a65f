// Puts the page of release 0.0.6 into its document: the shop of 0.0.5, in a friendlier light.
// `build.ts` lets its sources find the number of this release.

import '../../b/src/style.css'
import './style.css'
import { render } from 'preact'
import { Shop } from '../../b/src/shop.tsx'

const place = document.getElementById('shop')
if (place === null) throw new Error('index.html has no #shop')
render(<Shop />, place)
