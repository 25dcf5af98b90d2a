import { SyncClient, SyncError } from 'prospect-sync'
import { ManualClock, scriptedTransport } from 'prospect-sync/testing'
import { describe, expect, it } from 'vitest'
import { payloadFingerprint } from '../src/fingerprint.ts'
import { ParkedTriggers } from '../src/sync-errors.ts'
import type { AcceptedTrigger } from '../src/trigger.ts'
import { accepted } from './fixtures/core.ts'

const PRINT = /^[0-9a-z]{1,7}-[0-9a-z]{1,7}$/
const failure = (salesforceCode: string, fields: readonly string[] = []) =>
  new SyncError('ERR_RECORD', 'refused', {
    remedy: `Mend ${salesforceCode}.`,
    salesforceCode,
    fields,
  })

function make() {
  const released: string[] = []
  const parked = new ParkedTriggers({
    fingerprint: trigger => payloadFingerprint(trigger, 'key'),
    checkOpen: () => {},
    onRelease: triggers => released.push(...triggers.map(({ id }) => id)),
    onDiscard: () => {},
  })
  return { parked, released }
}

describe('groups', () => {
  it('are causes, the one with most triggers first, each with what to do', () => {
    const { parked, released } = make()
    const rule = failure('FIELD_CUSTOM_VALIDATION_EXCEPTION', ['Email', 'Phone'])
    const same = failure('FIELD_CUSTOM_VALIDATION_EXCEPTION', ['Phone', 'Email'])
    const triggers = [
      accepted({ fields: { city: 'Rome' } }),
      accepted({ fields: { city: 'Rome' } }),
      accepted({ fields: { city: 'Pisa' } }),
    ]
    for (const [index, trigger] of triggers.entries()) {
      parked.park(trigger, index === 1 ? same : rule, 10 + index)
    }
    parked.park(accepted(), failure('STRING_TOO_LONG', ['Title']), 5)
    expect(parked.groups()).toEqual([
      {
        code: 'ERR_RECORD',
        salesforceCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION',
        fields: ['Email', 'Phone'],
        remedy: 'Mend FIELD_CUSTOM_VALIDATION_EXCEPTION.',
        count: 3,
        payloads: 2,
        since: 10,
      },
      expect.objectContaining({ salesforceCode: 'STRING_TOO_LONG', count: 1, payloads: 1 }),
    ])
    expect(parked.groups({ field: 'Title' })).toHaveLength(1)
    expect(parked.release({ code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', field: 'Email' })).toBe(3)
    expect(released).toEqual(triggers.map(({ id }) => id))
    expect(parked.groups()).toHaveLength(1)
  })
})

describe('a fingerprint', () => {
  const print = (of: AcceptedTrigger) => payloadFingerprint(of, 'a key')
  const trigger = accepted({ fields: { city: 'Rome', phone: '1' }, owner: '005000000000001AAA' })

  it('is the same for the same payload, whoever it is of and however it was written', () => {
    expect(print(trigger)).toMatch(PRINT)
    expect(print(accepted({ ...trigger, id: 'another', prospect: { key: 'p-9' } }))).toBe(
      print(trigger),
    )
    expect(print({ ...trigger, fields: { phone: '1', city: 'Rome' } })).toBe(print(trigger))
  })

  it.each([
    ['value', { fields: { city: 'Pisa', phone: '1' } }],
    ['cleared field', { fields: { city: null, phone: '1' } }],
    ['field more', { fields: { city: 'Rome', phone: '1', fax: '2' } }],
    ['owner', { owner: '005000000000002AAA' }],
    ['kind', { kind: 'systemAction' as const }],
  ])('is another for another %s', (_, over) => {
    expect(print({ ...trigger, ...over })).not.toBe(print(trigger))
  })

  it('is another of another client, so that nobody can try values', () => {
    expect(payloadFingerprint(trigger, 'another')).not.toBe(print(trigger))
  })

  it('stands in the list of what failed, and in the event', async () => {
    const clock = new ManualClock()
    const transport = scriptedTransport({ clock })
    const client = new SyncClient({ transport, clock, create: { inCrm: 'never' } })
    const heard: string[] = []
    client.on('syncError', ({ fingerprint }) => heard.push(fingerprint))
    client.updateProspect({ prospect: { crmId: '00Q000000000009' }, fields: { city: 'Rome' } })
    const flushed = client.flush()
    for (let step = 0; step < 20; step++) await clock.advance(60_000)
    await flushed
    const [entry] = client.syncErrors.list()
    expect(entry?.fingerprint).toMatch(PRINT)
    expect(heard).toEqual([entry?.fingerprint])
    const closing = client.close()
    await clock.advance(1)
    await closing
  })
})
