import type { Readable } from 'node:stream'

/** A line that is longer is told in pieces of about this, characters: one without end takes no memory. */
const LONGEST = 64 * 1024

/** Tells the lines of an output as they come, the last one also when nothing ends it. */
export const eachLine = (output: Readable, each: (line: string) => void): void => {
  let rest = ''
  const tell = (line: string) => each(line.endsWith('\r') ? line.slice(0, -1) : line)
  output.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(tell)
    if (rest.length <= LONGEST) return
    each(rest)
    rest = ''
  }).once('end', () => {
    if (rest !== '') tell(rest)
  })
}
