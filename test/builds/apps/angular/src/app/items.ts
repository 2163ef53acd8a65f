import { Component } from '@angular/core'

@Component({
  selector: 'shop-items',
  styles: `.items { --page-release: "__RELEASE__"; color: olive }`,
  template: `
    <main id="page-items" class="items" data-styled data-release="__RELEASE__">
      Items of __RELEASE__
    </main>
  `,
})
export class Items {}
