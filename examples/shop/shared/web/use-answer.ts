// Asks when a component appears or its key changes, and redraws it with the answer.

import { useEffect, useState } from 'preact/hooks'
import type { Answer } from './ask.ts'

/** `undefined` while waiting. An answer that arrives after `key` has changed is thrown away. */
export function useAnswer<T>(key: string, load: () => Promise<Answer<T>>): Answer<T> | undefined {
  const [loaded, setLoaded] = useState<{ key: string; answer: Answer<T> }>()
  useEffect(() => {
    let wanted = true
    void load().then((answer) => {
      if (wanted) setLoaded({ key, answer })
    })
    return () => {
      wanted = false
    }
  }, [key])
  return loaded?.key === key ? loaded.answer : undefined
}
