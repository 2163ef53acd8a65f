'use client'

export default function More() {
  return <p id="more" data-release="__RELEASE__">More of __RELEASE__</p>
}
