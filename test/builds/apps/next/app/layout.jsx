import './style.css'
import { Shop } from './shop'

export const metadata = { title: 'Pottery __RELEASE__', icons: '/logo.svg' }

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Shop />
        {children}
      </body>
    </html>
  )
}
