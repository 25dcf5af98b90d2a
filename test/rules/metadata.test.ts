/** Metadata and its drift: rules 1.17.3 and 1.18 of the connector, through jsforce. */
import type { MetadataChange } from 'prospect-sync'
import { ManualClock } from 'prospect-sync/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { Interceptor, outcomesOf, seedLeads, settle, startOrg } from '../e2e/harness.ts'

/** An org with a Lead, and a client that has its metadata and hears of drift. */
async function prepared(setup: Parameters<typeof startOrg>[0] = {}) {
  const clock = new ManualClock()
  const started = await startOrg(setup)
  const [lead = ''] = seedLeads(started, 1, () => ({ Email: 'ada@example.com' }))
  const wire = new Interceptor()
  const client = started.client({ clock, through: wire.through })
  await client.syncMetadata()
  const drift: MetadataChange[] = []
  const warnings: string[] = []
  client.on('metadataChange', change => drift.push(change))
  client.on('warning', ({ message }) => warnings.push(message))
  const flush = () => settle(client, client.flush(), clock)
  wire.calls.length = 0
  return { ...started, client, wire, lead, drift, warnings, flush }
}

describe('drift', () => {
  test('1.17.3: a field that was hidden from the session is left out and told, and no record waits for it', async () => {
    const { org, client, callsOf, lead, drift, warnings, flush, ...started } = await prepared()
    const [other = ''] = seedLeads({ org, ...started }, 1)
    org.setFieldAccess('Lead', 'Title', 'none')
    const receipts = [lead, other].map((crmId, index) =>
      client.updateProspect({
        prospect: { crmId },
        fields: { jobTitle: 'CTO', city: `City ${index}` },
      }),
    )
    // The write that is refused, one description, the write without the field.
    expect(await callsOf(flush)).toBe(3)
    for (const outcome of await outcomesOf(receipts)) {
      expect(outcome).toMatchObject({ status: 'synced', leftOut: ['jobTitle'] })
    }
    expect(org.record(lead)?.City).toBe('City 0')
    expect(drift).toEqual([{ kind: 'fieldDisappeared', object: 'Lead', field: 'Title' }])
    expect(warnings).toHaveLength(1)
    org.setFieldAccess('Lead', 'Title', 'edit')
    await client.syncMetadata()
    expect(drift.slice(1)).toEqual([{ kind: 'fieldAppeared', object: 'Lead', field: 'Title' }])
  })

  test('1.18.3: a key field that is gone costs the match one description, and it goes on by e-mail', async () => {
    const { org, client, callsOf, lead, drift, flush } = await prepared()
    for (const object of ['Lead', 'Contact'] as const) {
      org.setFieldAccess(object, 'Prospect_Key__c', 'none')
    }
    const receipt = client.updateProspect({
      prospect: { key: 'p-1', email: 'ada@example.com' },
      fields: { jobTitle: 'CTO' },
    })
    expect(await callsOf(flush)).toBe(4)
    expect(await receipt.settled()).toMatchObject({ status: 'synced', records: [{ id: lead }] })
    expect(drift).toMatchObject([{ field: 'Prospect_Key__c' }, { field: 'Prospect_Key__c' }])
  })

  test('1.18.3: a field that is refused although it is described is held, and the records are not', async () => {
    const { client, callsOf, wire, lead, warnings, flush, org } = await prepared()
    wire.otherwise = async (call, forward) => {
      const refuses = call.parts.some(
        part => part.kind === 'write' && part.records.some(({ fields }) => 'Title' in fields),
      )
      if (!refuses) return forward()
      const error = {
        code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
        message:
          'Unable to create/update fields: Title. Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
      }
      return { parts: [{ results: [{ ok: false, errors: [error] }] }] }
    }
    const update = (jobTitle: string, city: string) =>
      client.updateProspect({ prospect: { crmId: lead }, fields: { jobTitle, city } })
    const first = update('CTO', 'Turin')
    await flush()
    expect(await first.settled()).toMatchObject({ status: 'synced', leftOut: ['jobTitle'] })
    expect(org.record(lead)?.City).toBe('Turin')
    update('CEO', 'Milan')
    expect(await callsOf(flush)).toBe(1)
    expect(org.record(lead)).toMatchObject({ City: 'Milan', Title: null })
    expect(warnings).toHaveLength(1)
    wire.otherwise = (_, forward) => forward()
    await client.syncMetadata()
    update('CFO', 'Rome')
    await flush()
    expect(org.record(lead)).toMatchObject({ City: 'Rome', Title: 'CFO' })
  })

  test('1.18.1: values of a picklist are a typed difference, whatever their order', async () => {
    const { org, client, drift } = await prepared({
      objects: { Lead: { fields: { Tier__c: { type: 'picklist', values: ['Gold', 'Silver'] } } } },
    })
    await client.syncMetadata()
    expect(drift).toEqual([])
    org.addFields('Lead', { Level__c: { type: 'picklist', values: ['Low'] } })
    const { changes } = await client.syncMetadata()
    expect(changes).toEqual([{ kind: 'fieldAppeared', object: 'Lead', field: 'Level__c' }])
    for (const change of changes) {
      if (change.kind === 'fieldChanged' && change.property === 'picklistValues') {
        expectTypeOf(change.before).toEqualTypeOf<readonly string[] | undefined>()
      }
      if (change.kind === 'fieldChanged' && change.property === 'length') {
        expectTypeOf(change.after).toEqualTypeOf<number>()
      }
    }
  })

  test('1.18.2: what did not change since is answered without its description', async () => {
    const { client, wire } = await prepared()
    const { objects, calls } = await client.syncMetadata()
    expect(new Set(objects.map(({ status }) => status))).toEqual(new Set(['unchanged']))
    expect(calls).toBe(1)
    expect(wire.calls[0]?.parts.every(part => 'ifModifiedSince' in part)).toBe(true)
  })
})
