import type { Transaction } from './port.ts'

/** What a record holds besides the bytes of its commits; the one row of its table, kept by those who add and take away. */
export type Usage = { readonly objects: number; readonly documentBytes: number }

export const USAGE = 'usage'
export const NO_USAGE: Usage = { objects: 0, documentBytes: 0 }

/** Adds to the usage, or takes from it; resolves to what it is then. */
export const countUsage = async (tx: Transaction, by: Partial<Usage>): Promise<Usage> => {
  const { objects, documentBytes } = (await tx.get<Usage>(USAGE))?.value ?? NO_USAGE
  const usage = { objects: objects + (by.objects ?? 0), documentBytes: documentBytes + (by.documentBytes ?? 0) }
  tx.put(USAGE, usage)
  return usage
}
