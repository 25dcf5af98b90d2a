/**
 * Object rules: what single objects ask of a save beyond their fields.
 *
 * @see Object Reference, "CampaignMember", "Task", "Lead", "Opportunity", "Case", "OpportunityContactRole".
 * @module
 */
import type { Database } from './database.ts'
import { eventRules } from './event-rules.ts'
import { fault, type RecordFault } from './fault.ts'
import type { FieldValue } from './field.ts'
import { dateTimeText } from './field-value.ts'
import type { Draft } from './record-draft.ts'
import { recordInput } from './record-input.ts'
import type { Row } from './row.ts'
import type { ObjectRules, Rulebook } from './save.ts'
import type { Table } from './table.ts'

const lead: ObjectRules = {
  beforeSave(draft, _database, context) {
    if (context.system === true || draft.row === undefined) return undefined
    if (draft.was(draft.schema.own('IsConverted')) !== true) return undefined
    return fault('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead')
  },
}

/** The members of a campaign are `Sent` until they respond, unless the campaign says otherwise. */
const FIRST_STATUSES = [
  { Label: 'Sent', SortOrder: 3, IsDefault: true, HasResponded: false },
  { Label: 'Responded', SortOrder: 4, IsDefault: false, HasResponded: true },
] as const

const campaign: ObjectRules = {
  afterSave({ row, created, database, dml, context }) {
    if (!created) return
    const statuses = database.own('CampaignMemberStatus')
    const { schema } = statuses
    for (const status of FIRST_STATUSES) {
      const entries = Object.entries({ CampaignId: row.id, ...status }).map(
        ([name, value]) => [schema.own(name), value] as const,
      )
      dml.insert(statuses, recordInput(schema, entries), { ...context, system: true })
    }
  },
}

const campaignMember: ObjectRules = {
  beforeSave(draft, database) {
    const { schema } = draft
    const campaignId = schema.own('CampaignId')
    const personFields = [schema.own('ContactId'), schema.own('LeadId')] as const
    if (draft.row === undefined) {
      const [contactId, leadId] = personFields
      // Both given: only the contact is kept.
      if (draft.get(contactId) !== null) draft.set(leadId, null)
      const member = personFields.find(field => draft.get(field) !== null)
      if (member === undefined) {
        return fault('REQUIRED_FIELD_MISSING', 'Required fields are missing: [ContactId, LeadId]', [
          'ContactId',
          'LeadId',
        ])
      }
      const members = database.own('CampaignMember')
      for (const other of members.find(member, draft.get(member))) {
        if (members.schema.value(other, 'CampaignId') !== draft.get(campaignId)) continue
        return fault('DUPLICATE_VALUE', 'Already a campaign member.')
      }
    }
    settleStatus(draft, database)
    return undefined
  },
}

/** A status that the campaign does not have becomes the campaign's default, without an error. */
function settleStatus(draft: Draft, database: Database): void {
  const { schema } = draft
  const status = schema.own('Status')
  const statuses = database.own('CampaignMemberStatus')
  const choices = [
    ...statuses.find(statuses.schema.own('CampaignId'), draft.get(schema.own('CampaignId'))),
  ]
  const wanted = draft.get(status)
  const chosen =
    choices.find(row => sameLabel(statuses, row, wanted)) ??
    choices.find(row => statuses.schema.value(row, 'IsDefault') === true)
  if (chosen !== undefined) draft.set(status, statuses.schema.value(chosen, 'Label'))
  const responded = chosen !== undefined && statuses.schema.value(chosen, 'HasResponded') === true
  const hasResponded = schema.own('HasResponded')
  if (responded && draft.was(hasResponded) !== true) {
    const today = dateTimeText(database.now()).slice(0, 10)
    draft.set(schema.own('FirstRespondedDate'), today)
  }
  draft.set(hasResponded, responded)
}

function sameLabel(statuses: Table, row: Row, wanted: FieldValue): boolean {
  if (typeof wanted !== 'string') return false
  return String(statuses.schema.value(row, 'Label')).toLowerCase() === wanted.toLowerCase()
}

/** A lead's activity is related to nothing else. */
function checkRelations(draft: Draft): RecordFault | undefined {
  const { schema } = draft
  const who = draft.get(schema.own('WhoId'))
  if (typeof who !== 'string' || !who.startsWith('00Q')) return undefined
  if (draft.get(schema.own('WhatId')) === null) return undefined
  return fault(
    'FIELD_INTEGRITY_EXCEPTION',
    `Related To ID: ${schema.name === 'Task' ? 'a task' : 'an event'} of a lead cannot be related to another record`,
    ['WhatId'],
  )
}

const event: ObjectRules = {
  beforeSave: (draft, database, context) =>
    checkRelations(draft) ?? eventRules.beforeSave?.(draft, database, context),
}

const cases: ObjectRules = {
  beforeSave(draft, database) {
    const { schema } = draft
    const closed = draft.get(schema.own('Status')) === 'Closed'
    const closedDate = schema.own('ClosedDate')
    if (!closed) draft.set(closedDate, null)
    else if (draft.get(closedDate) === null) {
      draft.set(closedDate, Math.floor(database.now() / 1_000) * 1_000)
    }
    draft.set(schema.own('IsClosed'), closed)
    const account = schema.own('AccountId')
    const contact = database.live(draft.get(schema.own('ContactId')))
    if (contact !== undefined && draft.row === undefined && !draft.gives(account)) {
      draft.set(account, database.own('Contact').schema.value(contact, 'AccountId'))
    }
    return undefined
  },
}

/** An opportunity has one primary contact: a new one takes the place of the last. */
const contactRole: ObjectRules = {
  afterSave({ row, database, dml, context }) {
    const roles = database.own('OpportunityContactRole')
    const { schema } = roles
    if (schema.value(row, 'IsPrimary') !== true) return
    const primary = schema.own('IsPrimary')
    const of = roles.find(schema.own('OpportunityId'), schema.value(row, 'OpportunityId'))
    for (const other of [...of]) {
      if (other.id === row.id || schema.value(other, 'IsPrimary') !== true) continue
      const input = recordInput(schema, [[primary, false]])
      dml.update(roles, other.id, input, { ...context, system: true })
    }
  },
}

const task: ObjectRules = {
  beforeSave(draft, database) {
    const { schema } = draft
    const wrong = checkRelations(draft)
    if (wrong !== undefined) return wrong
    const closed = draft.get(schema.own('Status')) === 'Completed'
    draft.set(schema.own('IsClosed'), closed)
    draft.set(schema.own('IsHighPriority'), draft.get(schema.own('Priority')) === 'High')
    if (closed && draft.was(schema.own('IsClosed')) !== true) {
      draft.set(schema.own('CompletedDateTime'), Math.floor(database.now() / 1_000) * 1_000)
    }
    if (draft.row === undefined && draft.get(schema.own('TaskSubtype')) === null) {
      draft.set(schema.own('TaskSubtype'), 'Task')
    }
    return undefined
  },
}

/** What a stage means: probability in per cent, forecast category with its name. */
const STAGES: ReadonlyMap<FieldValue, readonly [number, string, string]> = new Map([
  ['Prospecting', [10, 'Pipeline', 'Pipeline']],
  ['Qualification', [10, 'Pipeline', 'Pipeline']],
  ['Needs Analysis', [20, 'Pipeline', 'Pipeline']],
  ['Value Proposition', [50, 'Pipeline', 'Pipeline']],
  ['Id. Decision Makers', [60, 'Pipeline', 'Pipeline']],
  ['Perception Analysis', [70, 'Pipeline', 'Pipeline']],
  ['Proposal/Price Quote', [75, 'Pipeline', 'Pipeline']],
  ['Negotiation/Review', [90, 'Pipeline', 'Pipeline']],
  ['Closed Won', [100, 'Closed', 'Closed']],
  ['Closed Lost', [0, 'Omitted', 'Omitted']],
])

const opportunity: ObjectRules = {
  beforeSave(draft) {
    const { schema } = draft
    const stageField = schema.own('StageName')
    if (!draft.gives(stageField)) return undefined
    const stage = draft.get(stageField)
    const [probability, category, categoryName] = STAGES.get(stage) ?? [0, 'Pipeline', 'Pipeline']
    draft.set(schema.own('IsClosed'), stage === 'Closed Won' || stage === 'Closed Lost')
    draft.set(schema.own('IsWon'), stage === 'Closed Won')
    draft.set(schema.own('ForecastCategory'), category)
    for (const [name, value] of [
      ['Probability', probability],
      ['ForecastCategoryName', categoryName],
    ] as const) {
      if (!draft.gives(schema.own(name))) draft.set(schema.own(name), value)
    }
    return undefined
  },
  /** The contact that it is made with becomes its primary one. */
  afterSave({ row, draft, created, database, dml, context }) {
    const ContactId = draft.get(draft.schema.own('ContactId'))
    if (!created || ContactId === null) return
    const roles = database.own('OpportunityContactRole')
    const fields = { OpportunityId: row.id, ContactId, IsPrimary: true }
    const entries = Object.entries(fields).map(
      ([name, value]) => [roles.schema.own(name), value] as const,
    )
    dml.insert(roles, recordInput(roles.schema, entries), { ...context, system: true })
  },
}

/** The rules of the standard objects. */
export const standardRules: Rulebook = new Map([
  ['Lead', lead],
  ['Campaign', campaign],
  ['CampaignMember', campaignMember],
  ['Case', cases],
  ['Event', event],
  ['OpportunityContactRole', contactRole],
  ['Task', task],
  ['Opportunity', opportunity],
])
