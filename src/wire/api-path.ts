/** Where the API of a Holo begins, on every host name of its Worker. */
export const API_PATH = '/.holo/api'
