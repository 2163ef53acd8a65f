// The backends of a version, as publishing knows them: the core's own words for them.

export { isSameServices, type PublishedService, toServicesText } from '../core/version-record.ts'
