// What the bench's backend has to offer: said in one place for the process and for who asks it.

/** A JSON text of about `SMALL_BYTES`. */
export const SMALL = '/api/small'
export const SMALL_BYTES = 1024

/** A body of `LARGE_BYTES` down, and one up, which is answered by the number of its bytes. */
export const DOWNLOAD = '/api/download'
export const UPLOAD = '/api/upload'
export const LARGE_BYTES = 8 * 2 ** 20

/** An upload that is answered by its SHA-256. */
export const VERIFY = '/api/verify'

/** A WebSocket that sends back what it is sent. */
export const ECHO = '/api/echo'
