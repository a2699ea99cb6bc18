import type { Transaction } from '../store/port.ts'

/** The same transaction, which also says whether anything was written through it. */
export const watched = (tx: Transaction): { readonly tx: Transaction; hasWritten(): boolean } => {
  let written = false
  const noting = <A extends readonly unknown[], R>(write: (...args: A) => R) => (...args: A): R => {
    written = true
    return write(...args)
  }
  return { tx: { ...tx, keep: noting(tx.keep), put: noting(tx.put), delete: noting(tx.delete) }, hasWritten: () => written }
}
