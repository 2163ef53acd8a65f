// The parts of CHANGELOG.md: what is not released yet, and one part for each version.

export const CHANGELOG = 'CHANGELOG.md'

const UNRELEASED = '## [Unreleased]'

/** What has not been released yet; `undefined` if there is no such part. */
export function findUnreleased(changelog: string): string | undefined {
  return findPart(changelog, (heading) => heading === UNRELEASED)
}

/** The part of a version, whose heading has a date. */
export function findVersion(changelog: string, version: string): string | undefined {
  const begin = `## [${version}] - `
  return findPart(
    changelog,
    (heading) => heading.startsWith(begin) && /^\d{4}-\d\d-\d\d$/.test(heading.slice(begin.length)),
  )
}

/** The text below a heading, without white space around it. */
function findPart(changelog: string, isWanted: (heading: string) => boolean): string | undefined {
  for (const part of changelog.split(/^(?=## )/m)) {
    const [heading = ''] = part.split('\n')
    if (isWanted(heading.trimEnd())) return part.slice(heading.length).trim()
  }
  return undefined
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
