import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { verifyFile } from './files.ts'
import { size, type Progress } from './progress.ts'

/** What a backup is: written last, so that a folder without one is none. A release that cannot read a format says so. */
export const FORMAT = 1
export const MANIFEST = 'manifest.json'

const count = z.int().min(0)
const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Version of the playground that wrote it. */
  release: z.string(),
  /** Everything acknowledged before `startedAt` is in it. RFC 3339. */
  startedAt: z.iso.datetime(), endedAt: z.iso.datetime(),
  /** Identity of the event store it was taken from, and the position of its newest event. */
  store: z.string(), position: count,
  records: count, objects: count,
  /** Where deployments were reached, `http://<name>.play.localhost:8080`: logistics objects carry it in their IRIs. */
  address: z.string(),
  /** Which `signing-key` belongs to it: a fingerprint, from which the key cannot be told. */
  signingKey: z.string(),
  files: z.array(z.strictObject({ path: z.string().regex(/^[\w-]+(\/[\w.-]+)*(\.[\w-]+)*$/), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
})
export type Manifest = Readonly<z.infer<typeof manifestSchema>>

/** @throws Error when there is none, or it is of a format that this release does not know */
export const readManifest = (folder: string): Manifest => {
  const path = join(folder, MANIFEST)
  if (!existsSync(path)) throw new Error(`${folder} holds no ${MANIFEST}: it is no backup, or one that did not come to its end`)
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const { format } = z.object({ format: z.number() }).parse(content)
  if (format !== FORMAT) throw new Error(`${folder} is a backup of format ${format}; this release reads format ${FORMAT}: restore it with the release that wrote it`)
  return manifestSchema.parse(content)
}

/** Reads every file and compares. @throws Error naming the first that is not as it was written */
export const verify = async (folder: string, { files }: Manifest, progress: Progress): Promise<void> => {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let read = 0
  for (const file of files) {
    await verifyFile(folder, file, (bytes) => {
      read += bytes
      progress.at(`verifying: ${size(read)} of ${size(total)}`)
    })
  }
  progress.say(`verified: ${files.length} files, ${size(total)}`)
}
