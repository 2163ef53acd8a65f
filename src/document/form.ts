// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = 'c4bc37d6db557795'
