// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = 'aea4ed3f653ef0b5'
