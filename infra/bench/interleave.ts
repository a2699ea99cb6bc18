export type Samples = { readonly ours: readonly number[]; readonly floor: readonly number[] }
type Rounds = {
  readonly rounds: number
  /** Rounds before, which are not counted. */
  readonly warmUp: number
  readonly ours: (round: number) => Promise<number>
  readonly floor: (round: number) => Promise<number>
  readonly progress?: (text: string) => void
}

/** Ours and the floor in turn, so that whatever the machine is doing meets both. */
export const interleave = async ({ rounds, warmUp, ours, floor, progress }: Rounds): Promise<Samples> => {
  const samples: { ours: number[]; floor: number[] } = { ours: [], floor: [] }
  for (let round = -warmUp; round < rounds; round += 1) {
    const [our, bare] = [await ours(round), await floor(round)]
    if (round < 0) continue
    samples.ours.push(our)
    samples.floor.push(bare)
    if (round > 0 && round % 25 === 0) progress?.(`round ${round} of ${rounds}`)
  }
  return samples
}
