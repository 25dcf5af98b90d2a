/**
 * The standard objects of a new org, with the fields that are worked out when they are read.
 *
 * @module
 */
import type { FieldValue } from '../field.ts'
import type { ObjectSchema, RowLookup } from '../object-schema.ts'
import { accountSchema } from './account.ts'
import { campaignSchema } from './campaign.ts'
import { campaignMemberSchema, campaignMemberStatusSchema } from './campaign-member.ts'
import { caseSchema } from './case.ts'
import { contactSchema } from './contact.ts'
import { eventSchema } from './event.ts'
import { groupSchema } from './group.ts'
import { leadSchema } from './lead.ts'
import { opportunitySchema } from './opportunity.ts'
import { opportunityContactRoleSchema } from './opportunity-contact-role.ts'
import { organizationSchema } from './organization.ts'
import { profileSchema, recordTypeSchema, userRoleSchema } from './profile.ts'
import { assignmentRuleSchema, duplicateRuleSchema } from './setup-rule.ts'
import { taskSchema } from './task.ts'
import { userSchema } from './user.ts'

/** Fresh schemas of all standard objects. */
export function standardObjects(): readonly ObjectSchema[] {
  const campaign = campaignSchema()
  const member = campaignMemberSchema()
  const task = taskSchema()
  const event = eventSchema()
  const cases = caseSchema()
  const contact = contactSchema()
  deriveCounts(campaign)
  deriveMirrors(member)
  contact.derive('IsEmailBounced', row => contact.value(row, 'EmailBouncedReason') !== null)
  for (const activity of [task, event]) {
    activity.derive(
      'AccountId',
      (row, rows) =>
        accountOf(activity.value(row, 'WhatId'), rows) ??
        accountOf(activity.value(row, 'WhoId'), rows),
    )
  }
  for (const [name, ofContact] of CASE_MIRRORS) {
    cases.derive(name, (row, rows) => {
      const person = rows.live(cases.value(row, 'ContactId'))
      return person === undefined ? null : contact.value(person, ofContact)
    })
  }
  const lead = leadSchema()
  const opportunity = opportunitySchema()
  for (const person of [lead, contact]) {
    person.derive('LastActivityDate', ({ id }, rows) => lastActivity(id, rows))
  }
  deriveForecast(opportunity)
  return [
    accountSchema(),
    assignmentRuleSchema(),
    campaign,
    member,
    campaignMemberStatusSchema(),
    cases,
    contact,
    duplicateRuleSchema(),
    event,
    groupSchema(),
    lead,
    opportunity,
    opportunityContactRoleSchema(),
    organizationSchema(),
    profileSchema(),
    recordTypeSchema(),
    task,
    userRoleSchema(),
    userSchema(),
  ]
}

/** Fields of a case that show those of its contact. */
const CASE_MIRRORS = [
  ['ContactPhone', 'Phone'],
  ['ContactMobile', 'MobilePhone'],
  ['ContactEmail', 'Email'],
  ['ContactFax', 'Fax'],
] as const

/** The latest due date among a person's events and closed tasks. */
function lastActivity(personId: string, rows: RowLookup): FieldValue {
  let last: FieldValue = null
  for (const object of ['Task', 'Event']) {
    const { schema } = rows.own(object)
    for (const row of rows.own(object).find(schema.own('WhoId'), personId)) {
      const date = schema.value(row, 'ActivityDate')
      const counts = object === 'Event' || schema.value(row, 'IsClosed') === true
      if (counts && date !== null && (last === null || date > last)) last = date
    }
  }
  return last
}

function deriveForecast(opportunity: ObjectSchema): void {
  opportunity.derive('ExpectedRevenue', row => {
    const amount = opportunity.value(row, 'Amount')
    if (amount === null) return null
    return (Number(amount) * Number(opportunity.value(row, 'Probability'))) / 100
  })
  // The fiscal year is the calendar year.
  const fiscal = (name: string, of: (year: number, quarter: number) => FieldValue) =>
    opportunity.derive(name, row => {
      const [year = 0, month = 0] = String(opportunity.value(row, 'CloseDate'))
        .split('-')
        .map(Number)
      return of(year, Math.ceil(month / 3))
    })
  fiscal('FiscalYear', year => year)
  fiscal('FiscalQuarter', (_, quarter) => quarter)
  fiscal('Fiscal', (year, quarter) => `${year} ${quarter}`)
}

function accountOf(id: FieldValue, rows: RowLookup): FieldValue {
  const row = rows.live(id)
  if (row === undefined) return null
  const { schema } = rows.tableOfId(row.id) ?? rows.own('Account')
  if (schema.name === 'Account') return row.id
  // Of a case the activity's account is not taken: Object Reference, "Event", `AccountId`.
  if (schema.name === 'Case') return null
  return schema.field('AccountId') === undefined ? null : schema.value(row, 'AccountId')
}

/** The members and opportunities of a campaign are counted when somebody asks. */
function deriveCounts(campaign: ObjectSchema): void {
  const count = (
    name: string,
    child: string,
    counts: (value: (name: string) => FieldValue) => boolean | number,
  ): void =>
    campaign.derive(name, ({ id }, rows) => {
      const { schema } = rows.own(child)
      let total = 0
      for (const row of rows.own(child).find(schema.own('CampaignId'), id)) {
        total += Number(counts(field => schema.value(row, field)))
      }
      return total
    })
  count('NumberOfLeads', 'CampaignMember', value => value('LeadId') !== null)
  count('NumberOfContacts', 'CampaignMember', value => value('ContactId') !== null)
  count('NumberOfResponses', 'CampaignMember', value => value('HasResponded') === true)
  count(
    'NumberOfConvertedLeads',
    'CampaignMember',
    value => value('LeadId') !== null && value('ContactId') !== null,
  )
  count('NumberOfOpportunities', 'Opportunity', () => true)
  count('NumberOfWonOpportunities', 'Opportunity', value => value('IsWon') === true)
  count('AmountAllOpportunities', 'Opportunity', value => Number(value('Amount')))
  count('AmountWonOpportunities', 'Opportunity', value =>
    value('IsWon') === true ? Number(value('Amount')) : 0,
  )
}

/** Fields of a member that show those of its person. */
const MIRRORS: readonly (readonly [member: string, lead: string, contact: string])[] = [
  ['FirstName', 'FirstName', 'FirstName'],
  ['LastName', 'LastName', 'LastName'],
  ['Name', 'Name', 'Name'],
  ['Title', 'Title', 'Title'],
  ['Email', 'Email', 'Email'],
  ['Phone', 'Phone', 'Phone'],
  ['MobilePhone', 'MobilePhone', 'MobilePhone'],
  ['Fax', 'Fax', 'Fax'],
  ['Street', 'Street', 'MailingStreet'],
  ['City', 'City', 'MailingCity'],
  ['State', 'State', 'MailingState'],
  ['PostalCode', 'PostalCode', 'MailingPostalCode'],
  ['Country', 'Country', 'MailingCountry'],
  ['DoNotCall', 'DoNotCall', 'DoNotCall'],
  ['HasOptedOutOfEmail', 'HasOptedOutOfEmail', 'HasOptedOutOfEmail'],
  ['LeadSource', 'LeadSource', 'LeadSource'],
]

function deriveMirrors(member: ObjectSchema): void {
  const personOf = (row: Parameters<ObjectSchema['value']>[0], rows: RowLookup) =>
    rows.live(member.value(row, 'ContactId')) ?? rows.live(member.value(row, 'LeadId'))
  for (const [name, ofLead, ofContact] of MIRRORS) {
    member.derive(name, (row, rows) => {
      const person = personOf(row, rows)
      if (person === undefined) return null
      const { schema } = rows.own(person.id.startsWith('00Q') ? 'Lead' : 'Contact')
      return schema.read(person, schema.own(schema.name === 'Lead' ? ofLead : ofContact), rows)
    })
  }
  member.derive('Type', row => (member.value(row, 'ContactId') === null ? 'Lead' : 'Contact'))
  member.derive('CompanyOrAccount', (row, rows) => {
    const person = personOf(row, rows)
    if (person === undefined) return null
    const { schema } = rows.own(person.id.startsWith('00Q') ? 'Lead' : 'Contact')
    if (schema.name === 'Lead') return schema.value(person, 'Company')
    const account = rows.live(schema.value(person, 'AccountId'))
    return account === undefined ? null : rows.own('Account').schema.value(account, 'Name')
  })
}
