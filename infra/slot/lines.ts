/** No line here is as long: a request carries credentials and settings, an answer a status. In characters. */
const LONGEST = 64 * 1024

/**
 * Cuts a byte stream into lines (newline-delimited JSON): give what it returns to a socket's `data`. `refuse` hears of the first that is
 * too long, or that `each` throws for; nothing is kept and nothing is heard after it.
 */
export const lines = (each: (line: string) => void, refuse: (reason: string) => void): ((chunk: Buffer) => void) => {
  const decoder = new TextDecoder()
  let rest = ''
  let refused = false
  return (chunk) => {
    if (refused) return
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    try {
      if ([rest, ...parts].some((line) => line.length > LONGEST)) throw new Error(`a line of more than ${LONGEST} characters`)
      parts.forEach(each)
    } catch (error) {
      refused = true
      rest = ''
      refuse(error instanceof SyntaxError ? 'what is no JSON' : error instanceof Error ? error.message : String(error))
    }
  }
}
