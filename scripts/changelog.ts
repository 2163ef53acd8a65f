// The parts of CHANGELOG.md: what is not released yet, and one part for each version.

export const CHANGELOG = 'CHANGELOG.md'

const UNRELEASED = '## [Unreleased]'

/** The text below the heading of a part, without white space around it; `undefined` if there is no such part. */
export function findPart(changelog: string, heading: RegExp): string | undefined {
  const parts = changelog.split(/^(?=## )/m)
  const found = parts.find((part) => heading.test(part))
  return found?.slice(found.indexOf('\n') + 1).trim()
}

/** What has not been released yet. */
export function findUnreleased(changelog: string): string | undefined {
  return findPart(changelog, /^## \[Unreleased\]$/m)
}

/** The part of a version: its heading has a date. */
export function findVersion(changelog: string, version: string): string | undefined {
  return findPart(
    changelog,
    new RegExp(`^## \\[${RegExp.escape(version)}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm'),
  )
}

/** What stands in the way of a release, in words. */
export function findCutFaults(changelog: string, version: string): readonly string[] {
  const unreleased = findUnreleased(changelog)
  return [
    ...(unreleased === undefined ? [`${CHANGELOG} has no "${UNRELEASED}"`] : []),
    ...(unreleased === undefined || hasEntry(unreleased)
      ? []
      : [`${CHANGELOG} has nothing under "${UNRELEASED}": write what changes for users`]),
    ...(changelog.includes(`\n## [${version}]`)
      ? [`${CHANGELOG} has a part for ${version} already`]
      : []),
  ]
}

export function hasEntry(part: string): boolean {
  return /^- \S/m.test(part)
}

/** Makes what is unreleased the part of a version. */
export function cutChangelog(changelog: string, version: string, date: string): string {
  return changelog.replace(UNRELEASED, () => `${UNRELEASED}\n\n## [${version}] - ${date}`)
}
