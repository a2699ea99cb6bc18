const FIRST = ['brisk', 'calm', 'clear', 'early', 'fair', 'fleet', 'keen', 'light', 'merry', 'noble', 'proud', 'quick', 'quiet', 'ready', 'sharp', 'steady', 'sunny', 'swift', 'tidy', 'warm']
const SECOND = ['apron', 'beacon', 'cargo', 'courier', 'dolly', 'glider', 'hangar', 'harbour', 'loader', 'pallet', 'parcel', 'piece', 'runway', 'sensor', 'shipment', 'tailwind', 'tower', 'transit', 'waybill', 'wing']

/** A name for those who gave none, always the same for one deployment: `swift-pallet-k3vq2`. */
export const inventName = (deploymentId: string): string => {
  const at = (index: number) => deploymentId.charCodeAt(index) * 31 + deploymentId.charCodeAt(index + 1)
  return `${FIRST[at(0) % FIRST.length]}-${SECOND[at(2) % SECOND.length]}-${deploymentId.slice(4, 9)}`
}
