/** Verification: rules 1.17 of the connector, through jsforce. */
import type { CallReply, ObjectDescription, VerificationReport } from 'prospect-sync'
import { describe, expect, test } from 'vitest'
import {
  Interceptor,
  KEYED_TASKS,
  type Step,
  seedContacts,
  seedLeads,
  startOrg,
} from '../e2e/harness.ts'

const troubled = ({ checks }: VerificationReport) =>
  checks
    .filter(({ status }) => status !== 'ok')
    .map(({ name, subject, status }) => `${name} ${subject}: ${status}`)

/** Salesforce as an org with Person Accounts would be: Contacts say whether they are one. */
const personAccounts: Step = async (call, forward) => {
  const asked = call.parts.map(part =>
    part.kind === 'lookup' ? { ...part, select: part.select.filter(name => !isFlag(name)) } : part,
  )
  const { parts, ...rest } = await forward({ parts: asked })
  return { ...rest, parts: parts.map((reply, index) => asPersonal(reply, call.parts[index])) }
}

function asPersonal(
  reply: CallReply['parts'][number],
  part: { readonly kind: string; readonly select?: readonly string[] } | undefined,
): CallReply['parts'][number] {
  if (
    'described' in reply &&
    reply.described !== 'unchanged' &&
    reply.described.object === 'Contact'
  ) {
    const [first] = reply.described.fields
    const fields = [
      ...reply.described.fields,
      { ...first, name: 'IsPersonAccount', type: 'boolean' },
    ]
    return { ...reply, described: { ...reply.described, fields } as ObjectDescription }
  }
  const flags = part?.select?.filter(isFlag) ?? []
  if (!('rows' in reply) || flags.length === 0) return reply
  const set = Object.fromEntries(flags.map(name => [name, true]))
  const rows = reply.rows.map(row => ({ ...row, fields: { ...row.fields, ...set } }))
  return { ...reply, rows }
}

// Of a record, or of the one that it led to.
function isFlag(name: string): boolean {
  return name === 'IsPersonAccount' || name.endsWith('.IsPersonAccount')
}

describe('verification', () => {
  test('1.17.5: a full report takes three calls that count, and has a remedy for each line that is not in order', async () => {
    const { org, client, callsOf } = await startOrg({
      assignmentRules: { Lead: () => undefined },
      duplicateRules: { Lead: [{ match: ['Email'], action: 'block' }] },
    })
    org.addFields('Contact', { pi__score__c: { type: 'double' } })
    org.addFields('Lead', { Region__c: { type: 'text', required: true } })
    const connector = client()
    let report: VerificationReport | undefined
    const calls = await callsOf(async () => {
      report = await connector.verifyConnector()
    })
    expect([calls, report?.calls]).toEqual([3, 3])
    expect(troubled(report as VerificationReport)).toEqual([
      'requiredField Lead.Region__c: warning',
      'activityKeyField Task.Prospect_Activity_Key__c: warning',
      'package Contact: warning',
      'duplicateRule Lead: warning',
    ])
    for (const { status, remedy } of report?.checks ?? []) {
      expect(remedy !== undefined).toBe(status !== 'ok')
    }
    expect(report?.checks.find(({ name }) => name === 'assignmentRule')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('never run'),
    })
  })

  test('1.17.2: what the session may do with each object, and with each mapped field', async () => {
    const { org, client } = await startOrg(KEYED_TASKS)
    org.setFieldAccess('Lead', 'Title', 'read')
    org.setFieldAccess('Contact', 'Phone', 'none')
    const report = await client().verifyConnector()
    const objects = report.checks.filter(({ name }) => name === 'object')
    expect(objects.map(({ subject }) => subject)).toEqual([
      'Lead',
      'Contact',
      'Account',
      'Opportunity',
      'Campaign',
      'CampaignMember',
      'CampaignMemberStatus',
      'Task',
      'User',
    ])
    expect(new Set(objects.map(({ status }) => status))).toEqual(new Set(['ok']))
    expect(troubled(report)).toEqual(['field Lead.Title: warning', 'field Contact.Phone: warning'])
  })

  test('1.17.4: what was hidden since is found, whatever the date of the description', async () => {
    const { org, client } = await startOrg(KEYED_TASKS)
    const wire = new Interceptor()
    const connector = client({ through: wire.through })
    await connector.verifyConnector()
    org.setFieldAccess('Lead', 'Title', 'read')
    expect(troubled(await connector.verifyConnector())).toEqual(['field Lead.Title: warning'])
    const described = wire.calls
      .flatMap(({ parts }) => parts)
      .filter(({ kind }) => kind === 'describe')
    expect(described.every(part => !('ifModifiedSince' in part))).toBe(true)
  })

  test('1.17.5: an assignment rule that is wanted and not there fails', async () => {
    const { client } = await startOrg(KEYED_TASKS)
    const report = await client({ create: { assignmentRule: true } }).verifyConnector()
    expect(report.ok).toBe(false)
    expect(troubled(report)).toEqual(['assignmentRule Lead: failed'])
  })

  test('1.17.5: rules that the session may not read are said to be not checked', async () => {
    const { client } = await startOrg(KEYED_TASKS)
    const wire = new Interceptor()
    wire.otherwise = (call, forward) =>
      call.parts[0]?.kind === 'lookup'
        ? Promise.resolve({
            parts: call.parts.map(() => ({ refused: { code: 'INVALID_TYPE', message: 'no' } })),
          })
        : forward()
    const report = await client({ through: wire.through }).verifyConnector()
    expect(report.ok).toBe(true)
    expect(troubled(report)).toEqual([
      'assignmentRule Lead: notChecked',
      'duplicateRule Lead: notChecked',
      'duplicateRule Contact: notChecked',
    ])
  })

  test('1.17.5: a clock that is wrong is found, and how wrong may be said', async () => {
    const { org, client } = await startOrg(KEYED_TASKS)
    const value = new Date(org.clock.now() + 600_000).toUTCString()
    org.faults.plan({ fault: { kind: 'date', value }, times: 8 })
    const connector = client()
    const report = await connector.verifyConnector()
    expect(troubled(report)).toEqual(['clock clock: warning'])
    expect(troubled(await connector.verifyConnector({ maxSkewMs: 3_600_000 }))).toEqual([])
  })
})

describe('Person Accounts', () => {
  test('1.17.5: are found by verification, and a prospect that is one is not written', async () => {
    const { org, client, ...started } = await startOrg(KEYED_TASKS)
    const [contact = ''] = seedContacts({ org, ...started }, 1, () => ({
      Email: 'ada@example.com',
    }))
    const wire = new Interceptor()
    wire.otherwise = personAccounts
    const connector = client({ through: wire.through })
    const report = await connector.verifyConnector()
    expect(report.ok).toBe(false)
    expect(troubled(report)).toContain('personAccounts Account: failed')
    const receipt = connector.updateProspect({
      prospect: { email: 'ada@example.com' },
      fields: { jobTitle: 'CTO' },
    })
    await connector.flush()
    expect(await receipt.settled()).toMatchObject({
      status: 'failed',
      error: { code: 'ERR_PERSON_ACCOUNT' },
    })
    expect(org.record(contact)?.Title).toBeNull()
  })

  test('1.17.5: a Lead that was converted to one is not written either', async () => {
    const { org, client, ...started } = await startOrg(KEYED_TASKS)
    const [lead = ''] = seedLeads({ org, ...started }, 1, () => ({ Prospect_Key__c: 'p-1' }))
    const { contactId = '' } = org.convertLead(lead)
    const wire = new Interceptor()
    wire.otherwise = personAccounts
    const connector = client({ through: wire.through })
    const receipt = connector.updateProspect({
      prospect: { key: 'p-1' },
      fields: { jobTitle: 'CTO' },
    })
    await connector.flush()
    expect(await receipt.settled()).toMatchObject({ error: { code: 'ERR_PERSON_ACCOUNT' } })
    expect(org.record(contactId)?.Title).toBeNull()
  })
})
