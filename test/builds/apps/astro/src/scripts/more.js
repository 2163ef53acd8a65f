export const more = '__RELEASE__'
