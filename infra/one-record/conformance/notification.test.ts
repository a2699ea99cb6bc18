import { expect, test } from 'vitest'
import { notificationBody, type Notification } from '../notifications/notification.ts'

test('[NOT-006] an event is named where one was received, and is not there otherwise', () => {
  const updated: Notification = { eventType: 'LOGISTICS_OBJECT_UPDATED', object: 'https://h.test/logistics-objects/1', objectType: null, changed: [], event: null, triggeredBy: null }
  const event = 'https://h.test/logistics-objects/1/logistics-events/1'
  const written = (notification: Notification) => JSON.parse(notificationBody(notification).toString()) as unknown
  expect(written(updated)).not.toHaveProperty('api:hasLogisticsEvent')
  expect(written({ ...updated, eventType: 'LOGISTICS_EVENT_RECEIVED', event })).toMatchObject({ 'api:hasLogisticsEvent': { '@id': event } })
})
