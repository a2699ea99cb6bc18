/** Values by key, the least recently used dropped when they weigh more than `limit` bytes together. A value that takes an eighth of it is not kept. */
export class Lru<T> {
  readonly #values = new Map<string, T>()
  readonly #limit: number
  readonly #weigh: (value: T) => number
  #bytes = 0

  constructor(limit: number, weigh: (value: T) => number) {
    this.#limit = limit
    this.#weigh = weigh
  }
  get(key: string): T | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) {
      this.#values.delete(key)
      this.#values.set(key, value)
    }
    return value
  }
  set(key: string, value: T): void {
    const bytes = this.#weigh(value)
    if (bytes > this.#limit / 8) return
    const former = this.#values.get(key)
    this.#bytes += bytes - (former === undefined ? 0 : this.#weigh(former))
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const [oldest, dropped] of this.#values) {
      if (this.#bytes <= this.#limit) return
      this.#values.delete(oldest)
      this.#bytes -= this.#weigh(dropped)
    }
  }
}
