import { Component } from '@angular/core'

@Component({
  selector: 'shop-about',
  styleUrl: './about.css',
  template: `
    <main id="page-about" class="about" data-styled data-release="__RELEASE__">
      About __RELEASE__
      <img src="/logo.svg" alt="logo" />
    </main>
  `,
})
export class About {}
