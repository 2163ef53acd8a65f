// The form of the checkout: checks what the customer typed, shows what is wrong beside each field,
// and hands a sound customer over. What happens with it is each release's own.

import { useState } from 'preact/hooks'
import { type Customer, problemOfEmail, problemOfName } from '../customer.ts'

type CustomerFormProps = {
  /** What the button says: `Pay €18.00`. */
  readonly action: string
  /** Resolves when the order is through or refused; the button waits for it. */
  readonly onOrder: (customer: Customer) => Promise<void>
}

export function CustomerForm({ action, onOrder }: CustomerFormProps) {
  const [name, setName] = useState('')
  const [email, setEmail] = useState('')
  const [checked, setChecked] = useState(false)
  const [busy, setBusy] = useState(false)
  const nameProblem = problemOfName(name)
  const emailProblem = problemOfEmail(email)

  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    setChecked(true)
    if (busy || nameProblem !== undefined || emailProblem !== undefined) return
    setBusy(true)
    await onOrder({ name: name.trim(), email: email.trim() })
    setBusy(false)
  }

  return (
    <form class="customer" noValidate onSubmit={submit}>
      <Field
        id="name"
        label="Name"
        autoComplete="name"
        value={name}
        problem={checked ? nameProblem : undefined}
        onInput={setName}
      />
      <Field
        id="email"
        label="E-mail"
        autoComplete="email"
        value={email}
        problem={checked ? emailProblem : undefined}
        onInput={setEmail}
      />
      <button type="submit" class="primary" data-testid="place-order" disabled={busy}>
        {busy ? 'One moment…' : action}
      </button>
    </form>
  )
}

type FieldProps = {
  readonly id: 'name' | 'email'
  readonly label: string
  readonly autoComplete: 'name' | 'email'
  readonly value: string
  readonly problem: string | undefined
  readonly onInput: (value: string) => void
}

function Field({ id, label, autoComplete, value, problem, onInput }: FieldProps) {
  const problemId = `${id}-problem`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        inputMode={id === 'email' ? 'email' : 'text'}
        autoComplete={autoComplete}
        data-testid={id}
        value={value}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : problemId}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {problem !== undefined && (
        <p class="problem" id={problemId} data-testid={problemId}>
          {problem}
        </p>
      )}
    </div>
  )
}
