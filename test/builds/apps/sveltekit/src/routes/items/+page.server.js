export const load = () => ({ release: '__RELEASE__' })
