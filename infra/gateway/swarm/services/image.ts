import { z } from 'zod'
import { failure } from '../../../../events/errors.ts'
import type { Pinned } from '../../host.ts'
import { orNull, reasonOf, statusOf, type Engine } from '../engine.ts'
import { registryOf, type RegistryAuth } from './registry-auth.ts'

/** Docker's grammar of a reference (distribution/reference): registry, path, tag, digest. */
const REFERENCE = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::(\w[\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?$/

/** An image is looked at for so long at most, milliseconds: one that takes longer to come is run as it is. */
const FETCH_MS = 40_000

const distributionSchema = z.object({ Descriptor: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }) })
const imageSchema = z.object({
  Id: z.string(),
  RepoDigests: z.array(z.string()).nullish(),
  Config: z.object({ Healthcheck: z.object({ Test: z.array(z.string()).nullish() }).nullish() }).nullish(),
})
type LocalImage = z.output<typeof imageSchema>

/**
 * What the image is today: its digest where its registry says so, so that every node runs the same; else the one that this node
 * has. @throws IMAGE_NOT_FOUND when neither has it, INVALID_FIELD
 */
export const pinImage = async (engine: Engine, image: string, auth: RegistryAuth): Promise<Pinned> => {
  const [matched, tag, digest] = REFERENCE.exec(image) ?? []
  if (matched === undefined) throw failure('INVALID_FIELD', { field: 'image', reason: 'is no name of an image, such as registry.example.org/team/echo:1.2' })
  const reference = tag === undefined && digest === undefined ? `${image}:latest` : image
  const credentials = await auth.of(image)
  const asked = await digestOf(engine, reference, credentials)
  if ('digest' in asked) {
    const pinned = digest !== undefined ? reference : `${reference}@${asked.digest}`
    await fetchImage(engine, pinned, credentials)
    const local = await inspect(engine, pinned)
    return { reference: pinned, ...(local ? await gateOf(engine, local) : {}) }
  }
  const local = await inspect(engine, reference)
  if (!local) throw failure('IMAGE_NOT_FOUND', { image, reason: `${registryOf(image)} says: ${asked.refusal.replace(/\.$/, '')}, and this node has none of that name` })
  return { reference, ...(digest !== undefined ? {} : { id: local.Id }), ...(await gateOf(engine, local)) }
}

/** Asked by the engine: it knows which registries it may trust. */
const digestOf = async (engine: Engine, reference: string, credentials: object | undefined): Promise<{ readonly digest: string } | { readonly refusal: string }> => {
  try {
    const answer: unknown = await engine.getImage(reference).distribution(credentials ? { authconfig: credentials } : {})
    return { digest: distributionSchema.parse(answer).Descriptor.digest }
  } catch (error) {
    if (statusOf(error) === undefined && !(error instanceof z.ZodError)) throw error
    return { refusal: reasonOf(error) }
  }
}

/** So that it can be looked at; the node that asks is one that may run it. Nodes fetch their own in any case. */
const fetchImage = async (engine: Engine, reference: string, credentials: object | undefined): Promise<void> => {
  if (await inspect(engine, reference)) return
  const giveUp = AbortSignal.timeout(FETCH_MS)
  try {
    const stream = await engine.createImage(credentials ?? {}, { fromImage: reference, abortSignal: giveUp })
    for await (const _ of stream) if (giveUp.aborted) break
  } catch (error) {
    // the registry has it, as it told its digest; a node that cannot fetch it says so in the function's condition
    if (!giveUp.aborted && statusOf(error) === undefined) throw error
  }
}

const inspect = async (engine: Engine, reference: string): Promise<LocalImage | null> => {
  const found: unknown = await orNull(engine.getImage(reference).inspect())
  return found === null ? null : imageSchema.parse(found)
}

/** One that has no health check of its own and has a shell can be asked whether it listens. */
const gateOf = async (engine: Engine, { Id, Config }: LocalImage): Promise<Pick<Pinned, 'gate'>> => {
  const test = Config?.Healthcheck?.Test ?? []
  if (test.length > 0 && test[0] !== 'NONE') return {}
  return (await hasShell(engine, Id)) ? { gate: 'listens' } : {}
}

/** Looked up in a container that is never started. */
const hasShell = async (engine: Engine, image: string): Promise<boolean> => {
  const container = await engine.createContainer({ Image: image, Entrypoint: ['/never-started'], Cmd: [], NetworkDisabled: true })
  try {
    return (await orNull(container.infoArchive({ path: '/bin/sh' }))) !== null
  } finally {
    await orNull(container.remove({ force: true, v: true }))
  }
}
