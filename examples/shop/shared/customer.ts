// What a customer has to say of itself, checked the same way in the form and behind it. What an
// order is made of beside that is each release's own.

const MAX_NAME_CHARACTERS = 100
const MAX_EMAIL_CHARACTERS = 254
const EMAIL_FORM = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

export type Customer = { readonly name: string; readonly email: string }

/** What is wrong with a name, as a sentence for its owner; `undefined` when nothing is. */
export function problemOfName(name: string): string | undefined {
  if (name.trim() === '') return 'Please tell us your name.'
  if (name.length > MAX_NAME_CHARACTERS) {
    return `A name may have at most ${MAX_NAME_CHARACTERS} characters.`
  }
  return undefined
}

/** What is wrong with an e-mail address, as a sentence; `undefined` when it looks deliverable. */
export function problemOfEmail(email: string): string | undefined {
  if (email.trim() === '') return 'Please tell us your e-mail address.'
  if (email.length > MAX_EMAIL_CHARACTERS || !EMAIL_FORM.test(email.trim())) {
    return 'This does not look like an e-mail address: anna@example.com would.'
  }
  return undefined
}
