// Stands for the package `object-hash` in the bundle of the Worker. flagd-core hashes every flag with it to tell
// changed ones, which Holo knows by the revision of its document; the hashing would cost more than all evaluations.

export const sha1 = (): string => ''
