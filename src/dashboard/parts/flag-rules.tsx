// Who gets which variant of a flag, rule by rule, and what the variants are.

import { toConditionText } from '../say/conditions.ts'
import type { FlagGives, FlagView } from '../say/flags.ts'
import { toPercentLabel } from '../say/format.ts'
import { Name } from './name.tsx'

export function FlagRules({
  view: { isOn, rules, targetingText, variants },
  shared,
  evaluators,
}: {
  view: FlagView
  /** Names of the shared parts that the targeting refers to. */
  shared: readonly string[]
  evaluators: Readonly<Record<string, unknown>>
}) {
  return (
    <>
      {isOn ? null : (
        <p>
          The flag is off: everybody gets the default of the code. This is what holds when it is on:
        </p>
      )}
      <div class="flag-parts">
        <div class="flag-part">
          {targetingText === undefined ? null : (
            <>
              <p>Its targeting has no short form:</p>
              <pre>
                <bdi>{targetingText}</bdi>
              </pre>
            </>
          )}
          <ol class="flag-rules">
            {rules.map(({ who, gives }, i) => (
              <li key={`${i} ${who}`}>
                <bdi>{who}</bdi>
                <Gives gives={gives} />
              </li>
            ))}
          </ol>
        </div>
        <div class="flag-part">
          <h3>Variants</h3>
          <dl class="facts">
            {variants.map(({ name, value }) => (
              <div key={name}>
                <dt>
                  <Name text={name} />
                </dt>
                <dd>
                  <code>
                    <bdi>{value}</bdi>
                  </code>
                </dd>
              </div>
            ))}
          </dl>
          {shared.length === 0 ? null : (
            <>
              <h3>Shared parts</h3>
              <dl class="facts">
                {shared.map((name) => (
                  <div key={name}>
                    <dt>
                      <Name text={name} />
                    </dt>
                    <dd>
                      <bdi>{toConditionText(evaluators[name])}</bdi>
                    </dd>
                  </div>
                ))}
              </dl>
            </>
          )}
        </div>
      </div>
    </>
  )
}

function Gives({ gives }: { gives: FlagGives }) {
  switch (gives.kind) {
    case 'variant':
      return (
        <strong>
          <Name text={gives.variant} />
        </strong>
      )
    case 'split':
      return (
        <ul class="flag-shares">
          {gives.shares.map(({ variant, percent }, i) => (
            <li key={`${i} ${variant}`}>
              <span class="num">{toPercentLabel(percent)}</span>
              <strong>
                <Name text={variant} />
              </strong>
            </li>
          ))}
          <li class="quiet small">
            {gives.by === undefined ? (
              'by the key of the visitor'
            ) : (
              <>
                by <bdi>{gives.by}</bdi>
              </>
            )}
          </li>
        </ul>
      )
    case 'default':
      return <span>the default</span>
    case 'code':
      return <span>the default of the code</span>
  }
}
