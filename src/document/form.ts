// Written by "npm run schemas".

/** Changes with the code of the validator: another one may accept other documents. */
export const DOCUMENT_FORM = 'dfda2fff2eb6df69'
