// The fields of the variants of a new flag: a name and a value each, with what is wrong with them.

import { type DraftFaults, type DraftVariant, type FlagKind, startFlag } from '../state/new-flag.ts'
import { Button } from './button.tsx'

/** Of keys and of variants. */
export const MAX_NAME_LENGTH = 128

export function VariantFields({
  kind,
  variants,
  faults,
  onChange,
}: {
  kind: FlagKind
  variants: readonly DraftVariant[]
  faults: DraftFaults['variants']
  onChange: (variants: readonly DraftVariant[]) => void
}) {
  const set = (i: number, fields: Partial<DraftVariant>) =>
    onChange(variants.map((one, k) => (k === i ? { ...one, ...fields } : one)))
  return (
    <fieldset class="variants">
      <legend>Variants</legend>
      {variants.map(({ name, value }, i) => (
        <div key={i} class="variant">
          <input
            type="text"
            maxLength={MAX_NAME_LENGTH}
            spellcheck={false}
            aria-label={`Name of variant ${i + 1}`}
            aria-invalid={faults[i]?.at === 'name' ? 'true' : undefined}
            value={name}
            onInput={(event) => set(i, { name: event.currentTarget.value })}
          />
          <VariantValue
            kind={kind}
            label={`Value of variant ${i + 1}`}
            isBad={faults[i]?.at === 'value'}
            value={value}
            onChange={(to) => set(i, { value: to })}
          />
          <Button
            kind="quiet"
            label={`Remove variant ${i + 1}`}
            isOff={variants.length === 1}
            onClick={() => onChange(variants.filter((_, k) => k !== i))}
          >
            Remove
          </Button>
          <FieldFault text={faults[i]?.text} />
        </div>
      ))}
      <div>
        <Button
          kind="quiet"
          onClick={() => onChange([...variants, { ...startValue(kind), name: '' }])}
        >
          Add a variant
        </Button>
      </div>
    </fieldset>
  )
}

function startValue(kind: FlagKind): DraftVariant {
  return startFlag(kind).variants[0] ?? { name: '', value: '' }
}

function VariantValue({
  kind,
  label,
  isBad,
  value,
  onChange,
}: {
  kind: FlagKind
  label: string
  isBad: boolean
  value: string
  onChange: (value: string) => void
}) {
  if (kind === 'boolean') {
    return (
      <select
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    )
  }
  return (
    <input
      type="text"
      inputMode={kind === 'number' ? 'decimal' : 'text'}
      spellcheck={false}
      aria-label={label}
      aria-invalid={isBad ? 'true' : undefined}
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  )
}

export function FieldFault({ text }: { text: string | undefined }) {
  return text === undefined ? null : (
    <p class="fault" role="alert">
      <bdi>{text}</bdi>
    </p>
  )
}
