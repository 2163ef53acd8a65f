// Counts the operations of R2 that one request causes, in the two classes that Cloudflare bills: A writes and
// lists, B reads (https://developers.cloudflare.com/r2/pricing/#class-a-operations). Deletions cost nothing.

/** The part of a bucket that the API uses. */
export type UsedBucket = Pick<R2Bucket, 'get' | 'head' | 'put' | 'list' | 'delete'>

export type CountedBucket = {
  readonly bucket: UsedBucket
  /** As in the header `Holo-Store-Operations`: `a=2, b=1`; `undefined` if there were none. */
  readonly describe: () => string | undefined
}

export function countOperations(bucket: R2Bucket): CountedBucket {
  let a = 0
  let b = 0
  const counted: UsedBucket = {
    get: ((...args: Parameters<R2Bucket['get']>) => {
      b++
      return bucket.get(...args)
    }) as R2Bucket['get'],
    head: (key) => {
      b++
      return bucket.head(key)
    },
    put: ((...args: Parameters<R2Bucket['put']>) => {
      a++
      return bucket.put(...args)
    }) as R2Bucket['put'],
    list: (options) => {
      a++
      return bucket.list(options)
    },
    delete: (keys) => bucket.delete(keys),
  }
  return { bucket: counted, describe: () => (a + b === 0 ? undefined : `a=${a}, b=${b}`) }
}
