import { randomId } from '../ids.ts'
import { commitKey } from '../one-record/commit-key.ts'
import { encodeCommit } from '../one-record/store/commit.ts'
import { all, first, text, type Root } from './root.ts'

export type Fence = { readonly deploymentId: string; readonly epoch: number; readonly tombstone: boolean; /** RFC 3339 */ readonly at: string }

/**
 * Takes the next place in a record's commit log. Whoever held the record finds that place taken (412), reads this object, sees
 * that it is not its own and exits. Resolves to the place taken.
 * @throws Error when the store does not answer
 */
export const writeFence = async ({ deploymentId, epoch, tombstone, at }: Fence, root: Root): Promise<number> => {
  const prefix = `${deploymentId}/`
  const body = encodeCommit({ kind: tombstone ? 'tombstone' : 'fence', commitId: randomId(), epoch, at }).toString()
  for (let n = (await lastCommit(prefix, root)) + 1; ; n++) {
    const answer = await root.send('PUT', `/${root.bucket}/${commitKey(prefix, n)}`, { body, headers: { 'if-none-match': '*', 'content-type': 'application/json' } })
    // 412: the holder committed meanwhile; 409: it is committing there now. The place after is the next to try.
    if (answer.status !== 412 && answer.status !== 409) return text(answer, `fence of ${deploymentId}`).then(() => n)
    await answer.body?.cancel()
  }
}

/** Keys in one page of a listing. */
const PAGE = 1_000

/**
 * Number of the newest commit, 0 when there is none. The log is dense and listings are in its order, so it is found by asking
 * what comes after a place: once for most records, with the logarithm of their length for long ones.
 */
export const lastCommit = async (prefix: string, root: Root): Promise<number> => {
  let page = await commitsAfter(0, prefix, root)
  for (let step = PAGE; page.more; ) {
    const ahead = await commitsAfter(page.newest + step, prefix, root)
    if (ahead.found) [page, step] = [ahead, step * 2]
    else step = Math.floor(step / 2)
  }
  return page.newest
}

const commitsAfter = async (n: number, prefix: string, root: Root) => {
  const query = new URLSearchParams({ 'list-type': '2', 'max-keys': String(PAGE), prefix: `${prefix}commits/`, 'start-after': commitKey(prefix, n) })
  const xml = await text(await root.send('GET', `/${root.bucket}?${query.toString()}`), `listing of ${prefix}`)
  const newest = all(xml, 'Key').at(-1)
  return { found: newest !== undefined, newest: newest === undefined ? n : Number(newest.slice(newest.lastIndexOf('/') + 1)), more: first(xml, 'IsTruncated') === 'true' }
}
