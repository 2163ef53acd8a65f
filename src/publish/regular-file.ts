// Reads files from a folder that may come from a stranger: only regular files below this folder, of bounded
// size, and not through links. A pipe or a device is refused at once, without waiting for it. Messages never
// quote the content of a file.

import { constants } from 'node:fs'
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { PublishError } from './messages.ts'

/** The reason why a file is not read. The message continues a sentence after the name of the file. */
export class FileRefusal extends PublishError {}

/** For the settings of a site or a host, such as `_headers` or vercel.json: far more than real ones have. */
export const MAX_SETTINGS_FILE_BYTES = 4 * 1024 * 1024

/**
 * Opens without waiting for the other end of a pipe, and without following a link. Windows has neither
 * flag.
 */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/**
 * Opens a regular file. Whoever opens it closes it.
 *
 * @throws FileRefusal for anything else; the error of the system if the file does not exist.
 */
export async function openRegularFile(file: string): Promise<FileHandle> {
  const handle = await open(file, FLAGS).catch((cause: NodeJS.ErrnoException) => {
    // ENXIO means that it is a socket.
    if (cause.code === 'ELOOP' || cause.code === 'EMLINK') throw new FileRefusal('is a link')
    if (cause.code === 'ENXIO') throw new FileRefusal('is not a regular file')
    throw cause
  })
  try {
    if (!(await handle.stat()).isFile()) throw new FileRefusal('is not a regular file')
    return handle
  } catch (cause) {
    await handle.close()
    throw cause
  }
}

/**
 * The bytes of a file below `folder`; `undefined` if it does not exist.
 *
 * @param name relative to `folder`.
 * @throws FileRefusal if it is not a regular file below `folder`, or too large.
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
    throw new FileRefusal(`cannot be read (${code ?? 'for an unknown reason'})`, { cause })
  }
}

/** The same for a file that was a regular one before: here the message of a refusal begins with its name. */
export async function openAgain(file: string): Promise<FileHandle> {
  return openRegularFile(file).catch((cause) => {
    throw cause instanceof FileRefusal ? new FileRefusal(`${file} ${cause.message}`) : cause
  })
}

/** All bytes of a file that was a regular one before. */
export async function readWholeFile(file: string): Promise<Buffer> {
  const handle = await openAgain(file)
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** Whether a path is the folder itself or below it, by the names alone. */
export function isBelow(folder: string, path: string): boolean {
  const inside = relative(folder, path)
  return !isAbsolute(inside) && inside !== '..' && !inside.startsWith(`..${sep}`)
}

/** Refuses a path that leads out of the folder, or on which the file or a folder is a link. */
async function refuseLinks(root: string, name: string): Promise<void> {
  const file = join(root, name)
  if (isAbsolute(name) || !isBelow(root, file)) throw new FileRefusal('leads out of the folder')
  let path = root
  for (const part of relative(root, file).split(sep)) {
    path = join(path, part)
    if ((await lstat(path)).isSymbolicLink())
      throw new FileRefusal('is a link, or is reached through one')
  }
}

/** Counts the bytes while reading, because the file may grow after its size was read. */
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
