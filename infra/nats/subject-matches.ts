/** Whether a NATS subject matches a pattern: `*` is one token, `>` at the end one or more. */
export const subjectMatches = (pattern: string, subject: string): boolean => {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  const rest = wanted.indexOf('>')
  if (rest >= 0) return tokens.length > rest && wanted.slice(0, rest).every((token, index) => token === '*' || token === tokens[index])
  return wanted.length === tokens.length && wanted.every((token, index) => token === '*' || token === tokens[index])
}
