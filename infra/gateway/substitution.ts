/** `$${X}` (kept as `${X}`), `${X}`, `${X:-otherwise}`; the third alternative catches everything else in braces. */
const PLACEHOLDER = /\$\$(\{[^}]*\})|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{([^}]*)\}/g

/**
 * The substitution rules of faas-cli, over the whole text of a stack file: `${A}` is the variable or nothing, `${A:-b}` is b
 * when the variable is unset or empty, `$${A}` stays `${A}`. @throws Error for any other form, naming it
 */
export const substitute = (text: string, environment: Readonly<Record<string, string | undefined>>): string =>
  text.replaceAll(PLACEHOLDER, (_, literal?: string, name?: string, otherwise?: string, unknown?: string) => {
    if (literal !== undefined) return `$${literal}`
    if (name === undefined) throw new Error(`\${${unknown}} is not a substitution; possible are \${A}, \${A:-default} and $\${A} for the literal`)
    return environment[name] || (otherwise ?? '')
  })
