// Reads a file that a folder of somebody else's may hold: a regular one below that folder, reached by no
// link, of bounded size. A pipe or a device is refused at once instead of being waited for, and no message
// says anything of what was found in a file.

import { constants } from 'node:fs'
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { PublishError } from './messages.ts'

/** Why a file is not read, in words that follow its name. */
export class FileRefusal extends PublishError {}

/** For the settings of a site or a host, such as `_headers` or vercel.json: far more than real ones have. */
export const MAX_SETTINGS_FILE_BYTES = 4 * 1024 * 1024

/** Without waiting for the other end of a pipe, and without following a link. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/**
 * Opens a regular file. Whoever opens it closes it.
 *
 * @throws FileRefusal for anything else; the system's error where there is nothing.
 */
export async function openRegularFile(file: string): Promise<FileHandle> {
  const handle = await open(file, FLAGS).catch((cause: NodeJS.ErrnoException) => {
    // ENXIO is a socket.
    if (cause.code === 'ELOOP' || cause.code === 'EMLINK') throw new FileRefusal('is a link')
    if (cause.code === 'ENXIO') throw new FileRefusal('is no regular file')
    throw cause
  })
  try {
    if (!(await handle.stat()).isFile()) throw new FileRefusal('is no regular file')
    return handle
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

/**
 * The bytes of a file below `folder`; `undefined` where there is none.
 *
 * @param name from `folder` on.
 * @throws FileRefusal for what is no regular file below it, or too large.
 */
export async function readRegularFile(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    const root = await realpath(folder)
    await refuseLinks(root, name)
    const handle = await openRegularFile(join(root, name))
    try {
      return await readBounded(handle, maxBytes)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (cause instanceof FileRefusal) throw cause
    throw new FileRefusal(`cannot be read (${code ?? 'no reason is known'})`, { cause })
  }
}

/** As `openRegularFile`, for a file that was a regular one a moment ago: a refusal says which. */
export async function openAgain(file: string): Promise<FileHandle> {
  return openRegularFile(file).catch((cause) => {
    throw cause instanceof FileRefusal ? new FileRefusal(`${file} ${cause.message}`) : cause
  })
}

/** All bytes of a file that was a regular one a moment ago. */
export async function readWholeFile(file: string): Promise<Buffer> {
  const handle = await openAgain(file)
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** Whether a path is the folder itself or lies below it, by their names alone. */
export function isBelow(folder: string, path: string): boolean {
  const inside = relative(folder, path)
  return !isAbsolute(inside) && inside !== '..' && !inside.startsWith(`..${sep}`)
}

/** A folder on the way may be a link as well as the file itself. */
async function refuseLinks(root: string, name: string): Promise<void> {
  const file = join(root, name)
  if (isAbsolute(name) || !isBelow(root, file)) throw new FileRefusal('leads out of the folder')
  let path = root
  for (const part of relative(root, file).split(sep)) {
    path = join(path, part)
    if ((await lstat(path)).isSymbolicLink()) throw new FileRefusal('is a link, or lies behind one')
  }
}

/** The size that the file system tells may be another one by the time it is read. */
async function readBounded(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new FileRefusal(`has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
