// The paths of the backend of the bench, for the backend itself and for its clients.

/** A JSON text of about `SMALL_BYTES`. */
export const SMALL = '/api/small'
export const SMALL_BYTES = 1024

/** How many copies the backend of a shadow has got. */
export const COPIES = '/copies'

/** A page of about 8 KiB. */
export const PAGE = '/api/page'

/** A download of `LARGE_BYTES`, and an upload that is answered with the number of its bytes. */
export const DOWNLOAD = '/api/download'
export const UPLOAD = '/api/upload'
export const LARGE_BYTES = 8 * 2 ** 20

/** An upload that is answered with its SHA-256. */
export const VERIFY = '/api/verify'

/** A WebSocket that returns every message. */
export const ECHO = '/api/echo'
