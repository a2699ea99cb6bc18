import { API, CARGO, XSD } from '../namespaces.ts'
import type { Example } from './declaration.ts'

const context = { cargo: CARGO, api: API }
const typed = (name: string, value: string) => ({ '@type': `${XSD}${name}`, '@value': value })
const anyUri = (value: string) => typed('anyURI', value)
const link = (id: string) => ({ '@id': id })

/** A piece with its weight. */
export const piece: Example = () => ({
  '@context': context, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'books',
  'cargo:grossWeight': { '@type': 'cargo:Value', 'cargo:numericalValue': typed('double', '20.0'), 'cargo:unit': link('https://onerecord.iata.org/ns/code-lists/MeasurementUnitCode#KGM') },
})

/** What a piece as above is, said otherwise. */
export const change: Example = ({ object }) => ({
  '@context': context, '@type': 'api:Change', 'api:hasLogisticsObject': link(object), 'api:hasRevision': typed('positiveInteger', '1'), 'api:hasDescription': 'a word more', 'api:notifyRequestStatusChange': true,
  'api:hasOperation': (['DELETE', 'ADD'] as const).map((op) => ({
    '@type': 'api:Operation', 'api:op': link(`api:${op}`), 'api:s': object, 'api:p': anyUri(`${CARGO}goodsDescription`),
    'api:o': [{ '@type': 'api:OperationObject', 'api:hasDatatype': anyUri(`${XSD}string`), 'api:hasValue': op === 'DELETE' ? 'books' : 'old books' }],
  })),
})

export const verification: Example = ({ object }) => ({
  '@context': context, '@type': 'api:Verification', 'api:hasLogisticsObject': link(object), 'api:hasRevision': typed('positiveInteger', '1'),
  'api:hasError': [{
    '@type': 'api:Error', 'api:hasTitle': 'Gross weight missing', 'api:hasSeverity': link('api:WARNING'),
    'api:hasErrorDetail': { '@type': 'api:ErrorDetail', 'api:hasCode': 'AWB07', 'api:hasProperty': anyUri(`${CARGO}grossWeight`) },
  }],
})

const departure = {
  '@context': context, '@type': 'cargo:LogisticsEvent', 'cargo:eventDate': typed('dateTime', '2026-01-01T00:00:00Z'),
  'cargo:eventCode': link('https://onerecord.iata.org/ns/code-lists/StatusCode#DEP'), 'cargo:eventTimeType': link('cargo:ACTUAL'),
}
export const event: Example = ({ object, partner }) => ({ ...departure, 'cargo:eventFor': link(object), 'cargo:recordingOrganization': link(partner) })
export const eventOfSeveral: Example = ({ object, base }) => ({ ...departure, 'cargo:eventFor': [link(object), link(`${base}/logistics-objects/_data-holder`)] })

export const subscription: Example = ({ object, partner }) => ({
  '@context': context, '@type': 'api:Subscription', 'api:hasSubscriber': link(partner), 'api:hasTopicType': link('api:LOGISTICS_OBJECT_IDENTIFIER'), 'api:hasTopic': anyUri(object),
  'api:includeSubscriptionEventType': ['LOGISTICS_OBJECT_UPDATED', 'LOGISTICS_EVENT_RECEIVED'].map((name) => link(`api:${name}`)), 'api:sendLogisticsObjectBody': false, 'api:notifyRequestStatusChange': false,
})

export const notification: Example = ({ partner }) => ({
  '@context': context, '@type': 'api:Notification', 'api:hasEventType': link('api:LOGISTICS_OBJECT_UPDATED'), 'api:hasLogisticsObject': link(partner),
  'api:hasLogisticsObjectType': anyUri(`${CARGO}Organization`), 'api:hasChangedProperty': [anyUri(`${CARGO}name`)],
})

export const delegation: Example = ({ object, partner }) => ({
  '@context': context, '@type': 'api:AccessDelegation', 'api:hasPermission': [link('api:GET_LOGISTICS_OBJECT')], 'api:isRequestedFor': link(partner),
  'api:hasLogisticsObject': [link(object)], 'api:expiresAt': typed('dateTime', '2099-01-01T00:00:00Z'), 'api:notifyRequestStatusChange': false,
})

/** A line of an export. */
export const exported: Example = ({ base }) => ({ '@context': context, '@id': `${base}/logistics-objects/from-elsewhere`, '@type': 'cargo:Piece', 'cargo:goodsDescription': 'books', 'api:hasRevision': 1, 'api:hasLatestRevision': 1 })
