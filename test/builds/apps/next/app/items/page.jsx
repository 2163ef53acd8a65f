'use client'

import styles from './items.module.css'

export default function Items() {
  return (
    <main id="page-items" className={styles.items} data-styled data-release="__RELEASE__">
      Items of __RELEASE__
    </main>
  )
}
