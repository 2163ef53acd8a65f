import './about.css'
import picture from './picture.svg'

export function Page() {
  return (
    <main id="page-about" class="about" data-styled data-release="__RELEASE__">
      About __RELEASE__
      <img src={picture} alt="a cup" />
      <img src="/logo.svg" alt="logo" />
    </main>
  )
}
