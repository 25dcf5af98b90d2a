/**
 * Lead conversion: a lead becomes a contact of an account.
 *
 * @see SOAP API Developer Guide, "convertLead()". No REST resource does it: it is a person's work, or Apex's.
 * @module
 */
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import type { FieldValue } from './field.ts'
import { dateTimeText } from './field-value.ts'
import { recordInput } from './record-input.ts'
import type { SaveContext } from './save.ts'
import type { Table } from './table.ts'

/** What a conversion made. */
export interface ConvertedLead {
  readonly accountId: string
  readonly contactId: string
}

/** Fields that a contact takes over, by their names on the lead. */
const TO_CONTACT: Readonly<Record<string, string>> = {
  FirstName: 'FirstName',
  LastName: 'LastName',
  Salutation: 'Salutation',
  Title: 'Title',
  Email: 'Email',
  Phone: 'Phone',
  MobilePhone: 'MobilePhone',
  Fax: 'Fax',
  LeadSource: 'LeadSource',
  Description: 'Description',
  Street: 'MailingStreet',
  City: 'MailingCity',
  State: 'MailingState',
  PostalCode: 'MailingPostalCode',
  Country: 'MailingCountry',
  HasOptedOutOfEmail: 'HasOptedOutOfEmail',
  DoNotCall: 'DoNotCall',
  OwnerId: 'OwnerId',
}

const TO_ACCOUNT: Readonly<Record<string, string>> = {
  Company: 'Name',
  Industry: 'Industry',
  Website: 'Website',
  Phone: 'Phone',
  AnnualRevenue: 'AnnualRevenue',
  NumberOfEmployees: 'NumberOfEmployees',
  OwnerId: 'OwnerId',
}

/** Converts a lead into a new contact of a new account, or of the account given. @throws Error when it cannot be. */
export function convertLead(
  database: Database,
  dml: Dml,
  leadId: string,
  accountId: string | undefined,
  context: SaveContext,
): ConvertedLead {
  const leads = database.own('Lead')
  const lead = leads.live(leadId)
  if (lead === undefined) throw new Error(`there is no lead ${leadId} to convert`)
  const value = (name: string) => leads.schema.value(lead, name)
  if (value('IsConverted') === true) throw new Error(`lead ${leadId} is converted already`)
  const insert = (table: Table, names: Readonly<Record<string, string>>, more = {}) => {
    const fields: Record<string, FieldValue> = { ...more }
    for (const [from, to] of Object.entries(names)) fields[to] ??= value(from)
    return savedId(dml.insert(table, inputOf(table, fields), context))
  }
  return database.transaction(
    () => {
      const account = accountId ?? insert(database.own('Account'), TO_ACCOUNT)
      const contact = insert(database.own('Contact'), TO_CONTACT, { AccountId: account })
      const today = dateTimeText(database.now()).slice(0, 10)
      savedId(
        dml.update(
          leads,
          leadId,
          inputOf(leads, {
            IsConverted: true,
            Status: 'Closed - Converted',
            ConvertedDate: today,
            ConvertedAccountId: account,
            ConvertedContactId: contact,
          }),
          { ...context, system: true },
        ),
      )
      joinCampaigns(database, dml, leadId, contact, context)
      takeActivities(database, dml, leadId, contact, context)
      return { accountId: account, contactId: contact }
    },
    () => true,
  )
}

/** The lead's campaign memberships become the contact's as well. */
function joinCampaigns(
  database: Database,
  dml: Dml,
  leadId: string,
  contactId: string,
  context: SaveContext,
): void {
  const members = database.own('CampaignMember')
  for (const member of [...members.find(members.schema.own('LeadId'), leadId)]) {
    const input = inputOf(members, { ContactId: contactId })
    savedId(dml.update(members, member.id, input, { ...context, system: true }))
  }
}

/** The lead's tasks and events become the contact's. @see Help, "Considerations for Converting Leads" */
function takeActivities(
  database: Database,
  dml: Dml,
  leadId: string,
  contactId: string,
  context: SaveContext,
): void {
  for (const object of ['Task', 'Event']) {
    const table = database.own(object)
    for (const activity of [...table.find(table.schema.own('WhoId'), leadId)]) {
      const input = inputOf(table, { WhoId: contactId })
      savedId(dml.update(table, activity.id, input, { ...context, system: true }))
    }
  }
}

function inputOf(table: Table, fields: Readonly<Record<string, FieldValue>>) {
  const entries = Object.entries(fields).map(
    ([name, value]) => [table.schema.own(name), value] as const,
  )
  return recordInput(table.schema, entries)
}

function savedId(result: ReturnType<Dml['insert']>): string {
  if (result.ok) return result.id
  const [found] = result.faults
  throw new Error(`the lead cannot be converted: ${found?.statusCode} ${found?.message}`)
}
