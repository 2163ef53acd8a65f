// What is due on a made-up clock, in the order of its time: a binary heap in an array, because simulations keep
// ten thousand timers.

export type Due = { readonly at: number; readonly order: number }

/** The earliest first; of two of one moment, the one that was asked for first. */
const isBefore = (one: Due, other: Due) =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

export function push<T extends Due>(heap: T[], due: T): void {
  let place = heap.push(due) - 1
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = heap[above] as T
    if (!isBefore(due, parent)) break
    heap[place] = parent
    place = above
  }
  heap[place] = due
}

/** Takes the first one away. */
export function pop<T extends Due>(heap: T[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let place = 0
  for (;;) {
    let child = 2 * place + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as T, heap[child] as T)) child++
    if (!isBefore(heap[child] as T, last)) break
    heap[place] = heap[child] as T
    place = child
  }
  heap[place] = last
}
