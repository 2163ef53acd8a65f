// The route that checks the files in the store, one step per request.

import { filesBody, filesReply } from '../../wire/files.ts'
import { verifyFiles } from '../content/verify-files.ts'
import { type Route, route } from '../http/route.ts'

export const FILE_CHECK_ROUTE: Route = route({
  method: 'POST',
  path: '/files/verify',
  scope: 'read',
  summary: 'Checks that manifests and blobs are stored as they should be, one step per request',
  body: filesBody,
  failures: ['store_unavailable'],
  reply: filesReply,
  handle: (call) => verifyFiles(call, call.body),
})
