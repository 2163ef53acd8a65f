// Where the sets of a rollout stand among all that are counted, by metric and route, and which routes of a metric
// are told apart.

import { MAX_JUDGED_ROUTES, OTHER_ROUTES } from '../judge/sets.ts'
import type { SetName } from './counted.ts'

export class SetPlaces {
  /** By metric and route; then by edge, without and with those of the warm-up. */
  readonly #places = new Map<string, Map<string, (number | undefined)[]>>()
  readonly #routes = new Map<string, Set<string>>()

  find({ metric, edge, route, warmUp }: SetName): number | undefined {
    return this.#places.get(metric)?.get(route)?.[2 * edge + (warmUp ? 1 : 0)]
  }

  add({ metric, edge, route, warmUp }: SetName, place: number): void {
    const ofMetric = this.#places.get(metric) ?? new Map<string, (number | undefined)[]>()
    const ofRoute = ofMetric.get(route) ?? []
    ofRoute[2 * edge + (warmUp ? 1 : 0)] = place
    this.#places.set(metric, ofMetric.set(route, ofRoute))
    if (route === '' || route === OTHER_ROUTES) return
    const routes = this.#routes.get(metric) ?? new Set()
    this.#routes.set(metric, routes.add(route))
  }

  /** The route itself for the first few of a metric, and one name for all others. */
  toRoute(metric: string, route: string): string {
    const routes = this.#routes.get(metric)
    const isTold = !routes || routes.has(route) || routes.size < MAX_JUDGED_ROUTES
    return isTold ? route : OTHER_ROUTES
  }
}
