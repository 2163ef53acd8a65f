// The release that page and backend of this folder belong to. The two may not be mixed.

export const RELEASE = '0.0.6'
