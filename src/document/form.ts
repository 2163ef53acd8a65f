// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = '8938fa4ffc9ea6ef'
