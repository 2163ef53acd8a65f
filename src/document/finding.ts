// What a check of a document finds: the place, and a sentence.

/** A place in the document: keys and indices from the top. */
export type Path = readonly (string | number)[]

export type Finding = { readonly path: Path; readonly message: string }
