/** A later claim took the record: nothing of ours is written any more. */
export class DeposedError extends Error {
  override readonly name = 'DeposedError'
}
