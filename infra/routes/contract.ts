import { describe, expect, it } from 'vitest'
import type { Route, Routes } from './port.ts'

const route = (deploymentId: string, sequence: number, address: string | null = null): Route => ({
  deploymentId, name: 'demo', claimId: `${deploymentId}-1`, state: address === null ? 'asleep' : 'routed', address, reason: null, sequence: String(sequence),
})

/** What every adapter of the Routes port does. `writers` gives writers that share what they write. */
export const routesContract = (writers: () => readonly [Routes, Routes]): void => {
  describe('routes', () => {
    it('has no route before one is put', async () => {
      expect(await writers()[0].get('nobody')).toBeNull()
    })

    it('keeps the newest by sequence, as a number, whoever writes it and in whatever order', async () => {
      const [one, other] = writers()
      const [older, newer] = [route('a', 9), route('a', 10, '127.0.0.1:1')]
      expect(await one.put(newer)).toEqual(newer)
      expect(await other.put(older)).toEqual(newer)
      expect(await one.get('a')).toEqual(newer)
      const newest = route('a', 100)
      expect(await other.put(newest)).toEqual(newest)
      expect(await one.put(route('a', 99, '127.0.0.1:2'))).toEqual(newest)
      expect(await one.get('a')).toEqual(newest)
    })

    it('does not replace a route of the same sequence', async () => {
      const [one, other] = writers()
      const first = await one.put(route('b', 5, '127.0.0.1:1'))
      expect(await other.put(route('b', 5, '127.0.0.1:2'))).toEqual(first)
    })

    it('has the newest at the end of a race', async () => {
      const [one, other] = writers()
      await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? one : other).put(route('c', (index * 7) % 40))))
      expect(await one.get('c')).toMatchObject({ sequence: '39' })
    })

    it('refuses what is not a route', async () => {
      await expect((async () => writers()[0].put({ ...route('d', 1), state: 'lost' } as never))()).rejects.toThrow()
      expect(await writers()[0].get('d')).toBeNull()
    })
  })
}
