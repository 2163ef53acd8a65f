import { bootstrapApplication } from '@angular/platform-browser'
import { provideRouter } from '@angular/router'
import { provideWorker } from './app/worker'
import { Home } from './app/home'
import { Shop } from './app/shop'

bootstrapApplication(Shop, {
  providers: [
    provideRouter([
      { path: '', pathMatch: 'full', component: Home },
      { path: 'about', loadComponent: () => import('./app/about').then((m) => m.About) },
      { path: 'items', loadComponent: () => import('./app/items').then((m) => m.Items) },
    ]),
    provideWorker(),
  ],
}).catch((problem) => console.error(problem))
