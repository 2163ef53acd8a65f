'use client'

import Image from 'next/image'
import styles from './about.module.css'
import picture from './picture.svg'

export default function About() {
  return (
    <main id="page-about" className={styles.about} data-styled data-release="__RELEASE__">
      About __RELEASE__
      <Image src={picture} alt="a cup" />
      <img src="/logo.svg" alt="logo" />
    </main>
  )
}
