// What serving assets needs of a request's context, and no more.

/** Lets work go on after the reply: Workers' `ExecutionContext`. */
export type Background = Pick<ExecutionContext, 'waitUntil'>
