/** Bodies by key, the least recently used dropped when they take more than `limit` bytes together. */
export class BodyCache {
  readonly #bodies = new Map<string, Buffer>()
  readonly #limit: number
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }
  get(key: string): Buffer | undefined {
    const body = this.#bodies.get(key)
    if (body) {
      this.#bodies.delete(key)
      this.#bodies.set(key, body)
    }
    return body
  }
  set(key: string, body: Buffer): void {
    if (body.length > this.#limit) return
    this.#bytes += body.length - (this.#bodies.get(key)?.length ?? 0)
    this.#bodies.delete(key)
    this.#bodies.set(key, body)
    for (const [oldest, { length }] of this.#bodies) {
      if (this.#bytes <= this.#limit) return
      this.#bodies.delete(oldest)
      this.#bytes -= length
    }
  }
}
