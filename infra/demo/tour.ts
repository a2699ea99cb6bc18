/** The commands of the README's first tour, between its markers. @throws Error when they are not there */
export const tourOf = (readme: string): string => {
  const commands = /<!-- tour -->\s*```sh\n(.*?)```\s*<!-- \/tour -->/s.exec(readme)?.[1]
  if (commands === undefined) throw new Error('README.md has no tour between <!-- tour --> and <!-- /tour -->')
  return commands
}
