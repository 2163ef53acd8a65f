// Puts the page of release 0.0.5 into its document.

import './style.css'
import { render } from 'preact'
import { Shop } from './shop.tsx'

const place = document.getElementById('shop')
if (place === null) throw new Error('index.html has no #shop')
render(<Shop />, place)
