/** One statement; a literal object is its lexical form in quotes, a blank node `_:n`. */
export type Triple = readonly [subject: string, predicate: string, object: string]

const TOKEN = /\s+|#[^\n]*|(?<iri><[^>]*>)|(?<string>"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*")|(?<lang>@[a-zA-Z-]+)|(?<typed>\^\^)|(?<punctuation>[;,.[\]()](?!\d))|(?<number>[+-]?\d[\d.eE+-]*)|(?<name>[\w-]*:[\w%.-]*[\w%-]|[\w-]*:|[a-z]+)/gy

/**
 * Reads the part of Turtle that OWL editors write: prefixes, property lists, anonymous nodes, collections, literals. Language
 * tags and datatypes of literals are dropped; nothing here needs them. @throws Error at the first text that is not that
 */
export const readTurtle = (text: string): Triple[] => {
  const tokens = tokenize(text)
  const prefixes = new Map<string, string>()
  const triples: Triple[] = []
  let at = 0
  let blanks = 0

  const expect = (token: string): void => {
    if (tokens[at++] !== token) throw new Error(`Turtle: expected ${token}, found ${tokens[at - 1] ?? 'the end'} (token ${at})`)
  }
  const term = (): string => {
    const token = tokens[at++]
    if (token === undefined) throw new Error('Turtle: the text ends within a statement')
    if (token === '[') return anonymous()
    if (token === '(') return collection()
    if (token === 'a') return 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'
    if (token.startsWith('<')) return token.slice(1, -1)
    if (token.startsWith('"')) {
      if (tokens[at]?.startsWith('@')) at += 1
      else if (tokens[at] === '^^') at += 2
      return token.replaceAll(/^"""|"""$/g, '"')
    }
    const colon = token.indexOf(':')
    const namespace = prefixes.get(token.slice(0, colon))
    if (colon < 0) return `"${token}"`
    if (namespace === undefined) throw new Error(`Turtle: unknown prefix in ${token}`)
    return namespace + token.slice(colon + 1)
  }
  const properties = (subject: string, end: string): void => {
    while (tokens[at] !== end) {
      const predicate = term()
      do triples.push([subject, predicate, term()])
      while (tokens[at] === ',' && ++at)
      while (tokens[at] === ';') at += 1
    }
    expect(end)
  }
  const anonymous = (): string => {
    const node = `_:${++blanks}`
    properties(node, ']')
    return node
  }
  const collection = (): string => {
    const members: string[] = []
    while (tokens[at] !== ')') members.push(term())
    expect(')')
    return members.join(' ')
  }

  while (at < tokens.length) {
    if (tokens[at] === '@prefix') {
      const [, name = '', iri = ''] = tokens.slice(at, (at += 3))
      prefixes.set(name.slice(0, -1), iri.slice(1, -1))
      expect('.')
    } else if (tokens[at] === '@base') {
      at += 2
      expect('.')
    } else properties(term(), '.')
  }
  return triples
}

const tokenize = (text: string): string[] => {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  let end = 0
  for (const match of text.matchAll(TOKEN)) {
    end = match.index + match[0].length
    if (match[0].trim() !== '' && !match[0].startsWith('#')) tokens.push(match[0])
  }
  if (end !== text.length) throw new Error(`Turtle: cannot read on at "${text.slice(end, end + 40)}"`)
  return tokens
}
