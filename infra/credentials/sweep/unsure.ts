/** What a record needs cannot be said for certain: nothing of it is deleted. */
export class UnsureError extends Error {
  override readonly name = 'UnsureError'
}
