// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = 'd113d6ad7e6046e9'
