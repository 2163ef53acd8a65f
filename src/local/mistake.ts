// An error that the user can fix, shown as a message without a stack trace.

export class Mistake extends Error {
  /** 1: refused; 2: misuse. */
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'Mistake'
    this.exitCode = exitCode
  }
}
