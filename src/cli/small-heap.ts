// Keeps the memory of a command small that makes lists of very many files.

import { setFlagsFromString } from 'node:v8'

/**
 * Node gives the new objects of a program up to 100 MB when many of them stay in use, as the entries of a large
 * folder do. Nothing is gained by it here. From now on this room does not grow; what is in use has the room
 * that it needs, as before.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
