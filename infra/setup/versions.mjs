/** First `1.2` or `1.2.3` in a text as numbers, null when there is none. @param {string} text @returns {number[] | null} */
export const versionIn = (text) => {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : null
}

/**
 * Whether the version a program prints of itself is the wanted one or newer; text without a version is not.
 * @param {string} printed @param {string} wanted
 */
export const newEnough = (printed, wanted) => {
  const [have, want] = [versionIn(printed), versionIn(wanted)]
  if (!have || !want) return false
  const differing = want.findIndex((number, index) => number !== have[index])
  return differing === -1 || have[differing] > want[differing]
}
