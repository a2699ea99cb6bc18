import { all, text, type Root } from '../../credentials/root.ts'
import { numberOfKey } from '../../one-record/commit-key.ts'
import { decodeCommit } from '../../one-record/store/commit.ts'

/** Every ONE Record log is dense, each place was written once, epochs never go down, and each epoch begins with its fence. */
export const brokenLogs = async (root: Root, deploymentIds: readonly string[]): Promise<{ readonly commits: number; readonly broken: readonly string[] }> => {
  const found = await Promise.all(deploymentIds.map((id) => brokenLog(root, id)))
  return { commits: found.reduce((sum, { commits }) => sum + commits, 0), broken: found.flatMap(({ broken }) => broken) }
}

const brokenLog = async (root: Root, id: string): Promise<{ readonly commits: number; readonly broken: readonly string[] }> => {
  const broken: string[] = []
  const keys = await keysOf(root, `${id}/commits/`)
  let epoch = -1
  let fenced = -1
  for (const [index, key] of keys.entries()) {
    const n = numberOfKey(key)
    if (n !== index + 1) broken.push(`${id}: place ${index + 1} of the log is held by commit ${n}`)
    const answer = await root.send('GET', `/${root.bucket}/${key}`)
    const { header } = decodeCommit(n ?? 0, Buffer.from(await answer.arrayBuffer()))
    if (header.epoch < epoch) broken.push(`${id}: commit ${n} of epoch ${header.epoch} follows one of epoch ${epoch}`)
    if (header.kind === 'write' && header.epoch !== fenced) broken.push(`${id}: commit ${n} was written under epoch ${header.epoch}, the newest fence is of ${fenced}`)
    if (header.kind !== 'write') fenced = header.epoch
    epoch = header.epoch
  }
  return { commits: keys.length, broken }
}

/** In order, one for each version: a key that was written twice is there twice. */
const keysOf = async (root: Root, prefix: string): Promise<readonly string[]> => {
  const keys: string[] = []
  for (let marker = ''; ; ) {
    const query = `versions&max-keys=1000&prefix=${encodeURIComponent(prefix)}${marker && `&key-marker=${encodeURIComponent(marker)}`}`
    const page = await text(await root.send('GET', `/${root.bucket}?${query}`), `list ${prefix}`)
    const here = all(page, 'Key')
    keys.push(...here)
    marker = here.at(-1) ?? ''
    if (!page.includes('<IsTruncated>true</IsTruncated>') || marker === '') return keys
  }
}
