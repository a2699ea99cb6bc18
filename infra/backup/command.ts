/** It was called in a way it cannot be: the message is its help. */
export class UsageError extends Error {}

/** Runs a command to its exit code: 0 done, 1 failed, 2 called wrongly. `ended` aborts when somebody wants it to end. */
export const runCommand = async (main: (ended: AbortSignal) => Promise<void>): Promise<void> => {
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort())
  try {
    await main(ending.signal)
    process.exit(0)
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(isUsage ? 2 : 1)
  }
}
