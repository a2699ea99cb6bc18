/** Cuts a byte stream into lines (newline-delimited JSON): give what it returns to a socket's `data`. */
export const lines = (each: (line: string) => void): ((chunk: Buffer) => void) => {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    parts.forEach(each)
  }
}
