// The version of Holo itself. A deployed Worker has no package.json to read it from: scripts/cut-release.ts writes both.

export const HOLO_VERSION = '0.1.0'
