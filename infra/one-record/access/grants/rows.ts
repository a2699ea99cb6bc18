import { below, key } from '../../store/key.ts'
import type { Reader, Row, Transaction } from '../../store/port.ts'
import { scanPage, scanPages, type PageOf } from '../../store/scan-page.ts'
import type { Grant } from './grant.ts'

/**
 * Rows of one grant: itself, below its object and grantee, which is how it is asked for; and its places in the lists. `At` says where
 * the grant itself is.
 */
type At = { readonly object: string; readonly to: string; readonly id: string }

const rowKey = ({ object, to, id }: At): string => key('grant', object, to, id)

const listKeys = ({ id, object, to, request, expiresAt, rests }: Grant): readonly string[] => [
  key('grant-id', id),
  key('grant-to', to, object, id),
  ...(request === null ? [] : [key('grant-request', request, id)]),
  ...(expiresAt === null ? [] : [key('grant-expiry', new Date(expiresAt), id)]),
  ...(rests === null ? [] : [key('grant-resting', rests.id, id)]),
]

/** Prefixes of the lists; `all` and `object` hold the grants, the others say where they are. */
export const GRANTS = {
  all: () => below('grant'),
  object: (object: string) => below('grant', object),
  objectTo: (object: string, to: string) => below('grant', object, to),
} as const
export const GRANT_PLACES = {
  to: (to: string) => below('grant-to', to),
  request: (id: string) => below('grant-request', id),
  expiry: () => below('grant-expiry'),
  resting: (id: string) => below('grant-resting', id),
} as const

export const putGrant = (tx: Transaction, grant: Grant): void => {
  const at: At = { object: grant.object, to: grant.to, id: grant.id }
  tx.put(rowKey(grant), grant)
  for (const list of listKeys(grant)) tx.put(list, at)
}

export const deleteGrant = (tx: Transaction, grant: Grant): void => {
  for (const each of [rowKey(grant), ...listKeys(grant)]) tx.delete(each)
}

export const grantAt = async (reader: Reader, at: At): Promise<Grant | null> => (await reader.get<Grant>(rowKey(at)))?.value ?? null

export const findGrant = async (reader: Reader, id: string): Promise<Grant | null> => {
  const at = await reader.get<At>(key('grant-id', id))
  return at && grantAt(reader, at.value)
}

/** A page of a list of places, as the grants that are there, and the key it ended with. */
export const grantsOf = async (reader: Reader, prefix: string, page: PageOf): Promise<{ readonly grants: readonly Grant[]; readonly last: string | null }> => {
  const { rows, last } = await scanPage<At>(reader, prefix, page)
  return { grants: await grantsAt(reader, rows), last }
}

/** The grants of all places of a list. */
export const allGrantsOf = async (reader: Reader, prefix: string): Promise<readonly Grant[]> => {
  const found: Grant[] = []
  for await (const rows of scanPages<At>(reader, prefix, PAGE)) found.push(...(await grantsAt(reader, rows)))
  return found
}
/** Rows read at once. */
const PAGE = 200

const grantsAt = async (reader: Reader, places: readonly Row<At>[]): Promise<readonly Grant[]> =>
  (await Promise.all(places.map(({ value }) => grantAt(reader, value)))).filter((grant) => grant !== null)
