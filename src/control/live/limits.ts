// Limits on viewers. Together they bound what viewers take of the memory of the control: the platform
// keeps what was sent to a connection until its other side has read it.

/** A team with a few open pages each. Further pages ask from time to time. */
export const MAX_VIEWERS = 50

/** Pages of one token, or of one person who comes through Access: so that nobody takes all places. */
export const MAX_VIEWERS_PER_OWNER = 10

/** All connections, also those that are being closed: a client may never complete that. */
export const MAX_SOCKETS = 2 * MAX_VIEWERS

/** An event is some 400 characters. A longer one is only named, and read with `GET /events`. */
export const MAX_LIVE_MESSAGE_CHARACTERS = 16 * 1024

/**
 * What a viewer may leave unconfirmed: some 300 events, or the windows of a whole day. A viewer that
 * reads confirms after every twenty messages.
 */
export const MAX_UNSEEN_CHARACTERS = 128 * 1024

/**
 * Access asks people to sign in again when their session there is over or revoked. A connection does not
 * pass through Access again, so that it is closed after this time, and the page connects anew.
 */
export const ACCESS_VIEWER_MS = 3_600_000
