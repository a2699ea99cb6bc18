import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Composed } from '../images/bases/compose.ts'
import type { Bed } from './state.ts'
import { TestbedError } from './testbed-error.ts'

type Registry = Bed['registry']
type Body = { readonly type: string; readonly length: number; readonly from: string | NodeJS.ReadableStream }

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
/** A layer as plain tar: on one machine, packing takes longer than copying. */
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar'
const CONFIG = 'application/vnd.docker.container.image.v1+json'

/** Whether the registry has the image, `nats:2.15.2`. */
export const has = async (registry: Registry, reference: string): Promise<boolean> => {
  const { repository, tag } = partsOf(reference)
  return (await ask(registry, 'HEAD', `/v2/${repository}/manifests/${tag}`)).status === 200
}

/** Puts an image into the registry under its own name (distribution specification, "Pushing Blobs", "Pushing Manifests"). */
export const upload = async (registry: Registry, { reference, json, layers }: Composed): Promise<void> => {
  const { repository, tag } = partsOf(reference)
  const described = layers.map(({ diffId, path }) => ({ mediaType: LAYER, size: statSync(path).size, digest: diffId, path }))
  const config = { mediaType: CONFIG, size: Buffer.byteLength(json), digest: digestOf(json) }
  for (const { digest, size, path } of described) await putBlob(registry, repository, digest, () => ({ type: 'application/octet-stream', length: size, from: createReadStream(path, { highWaterMark: 1 << 20 }) }))
  await putBlob(registry, repository, config.digest, () => ({ type: 'application/octet-stream', length: config.size, from: json }))
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: described.map(({ path: _, ...layer }) => layer) })
  await expecting(201, ask(registry, 'PUT', `/v2/${repository}/manifests/${tag}`, { type: MANIFEST, length: Buffer.byteLength(manifest), from: manifest }))
}

const putBlob = async (registry: Registry, repository: string, digest: string, body: () => Body): Promise<void> => {
  if ((await ask(registry, 'HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200) return
  const { location } = await expecting(202, ask(registry, 'POST', `/v2/${repository}/blobs/uploads/`))
  const at = new URL(location, `https://${registry.address}`)
  at.searchParams.set('digest', digest)
  await expecting(201, ask(registry, 'PUT', `${at.pathname}${at.search}`, body()))
}

const partsOf = (reference: string): { readonly repository: string; readonly tag: string } => {
  const at = reference.lastIndexOf(':')
  return { repository: reference.slice(0, at), tag: reference.slice(at + 1) }
}

const digestOf = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

type Told = { readonly status: number; readonly location: string; readonly said: string }

const expecting = async (status: number, answer: Promise<Told>): Promise<Told> => {
  const told = await answer
  if (told.status !== status) throw new TestbedError(`the registry answers ${told.status} instead of ${status}: ${told.said.slice(0, 300)}`)
  return told
}

const ask = ({ address, ca, user, password }: Registry, method: string, path: string, body?: Body): Promise<Told> =>
  new Promise((resolve, reject) => {
    const asked = request(`https://${address}${path}`, {
      method, ca: readFileSync(ca), auth: `${user}:${password}`, agent: false,
      headers: { Accept: MANIFEST, 'Content-Length': body?.length ?? 0, ...(body ? { 'Content-Type': body.type } : {}) },
    })
    asked.once('error', reject).once('response', (answer) => {
      text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location ?? '', said }), reject)
    })
    if (typeof body?.from === 'object') body.from.once('error', reject).pipe(asked)
    else asked.end(body?.from)
  })
