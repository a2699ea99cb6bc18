/** What a person, or the log of a timer, sees of a long task. */
export type Progress = {
  /** A line, now. */
  say(text: string): void
  /** What is being done; said every second on a terminal and every ten elsewhere, when it has changed. */
  at(text: string): void
  end(): void
}

export const showProgress = (output: NodeJS.WriteStream = process.stdout): Progress => {
  const began = Date.now()
  let [now, said] = ['', '']
  const say = (text: string) => void output.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
  output.on('error', () => {}) // whoever read this is gone; the task goes on
  const timer = setInterval(() => {
    if (now === said) return
    said = now
    say(now)
  }, output.isTTY ? 1_000 : 10_000)
  return { say, at: (text) => { now = text }, end: () => clearInterval(timer) }
}

/** `12.3 MiB` */
export const size = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}
