import { join } from 'node:path'

/**
 * Everything a bed makes carries its name, so that it can be found and removed when all else about it is lost. Ten characters:
 * the name of a link has fifteen at most (IFNAMSIZ); no hyphen: `tb-a-1` is a link of bed a and nothing of a bed `a-1`.
 */
export const NAME = /^[a-z][a-z0-9]{0,9}$/
export const MOST_NODES = 9

/** Where beds keep state, data and sockets. Short: the path of a unix socket has 107 characters. On a disk: images are large. */
export const BEDS = '/var/tmp/one-record-testbed'

export const folderOf = (bed: string): string => join(BEDS, bed)
export const bridgeOf = (bed: string): string => `tb-${bed}`
/** The host's end of a node's cable; the network namespace is called the same. */
export const linkOf = (bed: string, node: number): string => `tb-${bed}-${node}`
export const cgroupOf = (bed: string): string => `tb-${bed}`

/** Whether a link or a namespace is one of the bed's. */
export const isOf = (bed: string) => (name: string): boolean => name === bridgeOf(bed) || new RegExp(`^${bridgeOf(bed)}-\\d$`).test(name)
