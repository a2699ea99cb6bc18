import { below, key } from '../../store/key.ts'
import type { Reader, Transaction } from '../../store/port.ts'

/**
 * An agent that the holder knows. With an issuer, tokens of that issuer for this agent are taken here; `jwksUri` null: its keys lie
 * where its discovery document says.
 */
export type Partner = { readonly uri: string; readonly name: string; readonly issuer: string | null; readonly jwksUri: string | null; readonly since: string }

const rowKey = (uri: string): string => key('partner', uri)

export const partner = async (reader: Reader, uri: string): Promise<Partner | null> => (await reader.get<Partner>(rowKey(uri)))?.value ?? null

/** Who may vouch for an agent, null when the record says nothing of it. */
export const partnerOf = async (reader: Reader, agent: string): Promise<{ readonly issuer: string; readonly jwksUri: string | null } | null> => {
  const found = await partner(reader, agent)
  return found?.issuer ? { issuer: found.issuer, jwksUri: found.jwksUri } : null
}

/** Prefix of all partners, by URI. */
export const PARTNERS = below('partner')

export const putPartner = (tx: Transaction, value: Partner): void => tx.put(rowKey(value.uri), value)
export const removePartner = (tx: Transaction, uri: string): void => tx.delete(rowKey(uri))
