import { Component } from '@angular/core'

@Component({
  selector: 'shop-home',
  template: `<main id="page-home" data-release="__RELEASE__">Home of __RELEASE__</main>`,
})
export class Home {}
