import { Component, signal } from '@angular/core'
import { RouterLink, RouterOutlet } from '@angular/router'

@Component({
  selector: 'shop-root',
  imports: [RouterLink, RouterOutlet],
  template: `
    <nav data-release="__RELEASE__">
      <a id="nav-home" routerLink="/">Home</a>
      <a id="nav-about" routerLink="/about">About</a>
      <a id="nav-items" routerLink="/items">Items</a>
    </nav>
    <button type="button" id="ask" (click)="ask()">Ask</button>
    <button type="button" id="load-more" (click)="loadMore()">More</button>
    @if (api(); as release) {
      <p id="api" [attr.data-release]="release">Backend of {{ release }}</p>
    }
    @if (more(); as release) {
      <p id="more" [attr.data-release]="release">More of {{ release }}</p>
    }
    <router-outlet />
  `,
})
export class Shop {
  readonly api = signal<string | undefined>(undefined)
  readonly more = signal<string | undefined>(undefined)

  constructor() {
    void this.ask()
  }

  async ask() {
    this.api.set(undefined)
    const { release } = await (await fetch('/api/version')).json()
    if (release !== '__RELEASE__') console.error(`page __RELEASE__, backend ${release}`)
    this.api.set(release)
  }

  async loadMore() {
    this.more.set((await import('./more')).more)
  }
}
