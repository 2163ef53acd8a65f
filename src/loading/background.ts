// What loading the document needs of a request's context, and no more.

/** Lets work go on after the reply: the method of Workers' `ExecutionContext`. */
export type WaitUntil = (work: Promise<unknown>) => void
