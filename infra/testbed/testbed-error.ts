/** A failure whose message is all the reader needs. */
export class TestbedError extends Error {
  override readonly name = 'TestbedError'
}
