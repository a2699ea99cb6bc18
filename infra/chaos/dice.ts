import { seeded } from '../demo/random.ts'

/** Seeded chance: the same seed is the same row of throws. */
export type Dice = {
  /** In [from, to). */
  between(from: number, to: number): number
  oneOf<T>(these: readonly T[]): T
  /** One of the keys, each as likely as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
  /** Dice of their own, for something that goes on beside. */
  split(): Dice
}

export const diceOf = (seed: number): Dice => {
  const random = seeded(seed)
  return {
    between: (from, to) => from + random() * (to - from),
    oneOf: (these) => {
      const chosen = these[Math.floor(random() * these.length)]
      if (chosen === undefined) throw new RangeError('there is nothing to choose from')
      return chosen
    },
    weighted: (weights) => {
      const entries = Object.entries(weights) as [keyof typeof weights, number][]
      let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      return (entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0])?.[0] as keyof typeof weights
    },
    split: () => diceOf(Math.floor(random() * 2 ** 32)),
  }
}
