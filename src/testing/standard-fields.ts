/**
 * Standard fields: enough of Salesforce's objects for a unit test. The emulator has the whole of them.
 *
 * @module
 */
import type { FieldDescription, ObjectDescription } from 'prospect-sync'

const PERSON = `Salutation FirstName Title Phone MobilePhone Fax Description:textarea LeadSource:picklist
  OwnerId:reference HasOptedOutOfEmail:boolean DoNotCall:boolean Email:email`
const READ_ONLY = 'Id:id SystemModstamp:datetime IsDeleted:boolean'
const REQUIRED = 'required'

// name[:type][:required], parted by white space.
const OBJECTS: Readonly<Record<string, string>> = {
  Lead: `LastName:string:required Company:string:required ${PERSON} Website:url Street City State PostalCode Country
    Industry:picklist Rating:picklist Status:picklist AnnualRevenue:currency NumberOfEmployees:int
    IsConverted:boolean ConvertedContactId:reference`,
  Contact: `LastName:string:required ${PERSON} AccountId:reference Department MailingStreet MailingCity MailingState
    MailingPostalCode MailingCountry`,
  Account: 'Name:string:required Website:url Phone Industry:picklist OwnerId:reference',
  Opportunity:
    'Name:string:required StageName:picklist:required CloseDate:date:required AccountId:reference Amount:currency OwnerId:reference',
  Campaign:
    'Name:string:required Status:picklist Type:picklist StartDate:date EndDate:date IsActive:boolean',
  CampaignMember:
    'CampaignId:reference:required LeadId:reference ContactId:reference Status:picklist HasResponded:boolean',
  Task: `Subject Status:picklist Priority:picklist WhoId:reference WhatId:reference ActivityDate:date
    Description:textarea TaskSubtype:picklist Type:picklist OwnerId:reference CompletedDateTime:datetime`,
  User: 'Username Email:email LastName:string:required IsActive:boolean',
}

const LENGTHS: Readonly<Record<string, number>> = {
  string: 255,
  textarea: 32_000,
  email: 80,
  url: 255,
  picklist: 255,
}

/** Objects there are without being declared. */
export const standardObjects: readonly string[] = Object.keys(OBJECTS)

/** Fields a record of this object cannot be created without. */
export function requiredFields(object: string): readonly string[] {
  return fieldEntries(object, [])
    .filter(([, , rule]) => rule === REQUIRED)
    .map(([name]) => name)
}

/** Describes an object: its standard fields, and `custom` ones, which are unique external ids where they end in `Key__c`. */
export function describeObject(object: string, custom: readonly string[]): ObjectDescription {
  return {
    object,
    label: object,
    createable: true,
    updateable: true,
    queryable: true,
    fields: fieldEntries(object, custom).map(describeField),
  }
}

function fieldEntries(object: string, custom: readonly string[]): [string, string, string][] {
  return `${READ_ONLY} ${OBJECTS[object] ?? ''} ${custom.join(' ')}`
    .split(/\s+/)
    .filter(entry => entry !== '')
    .map(entry => {
      const [name = '', type = 'string', rule = ''] = entry.split(':')
      return [name, type, rule]
    })
}

function describeField([name, type, rule]: readonly [string, string, string]): FieldDescription {
  const isKey = name.endsWith('Key__c')
  const writable = !READ_ONLY.includes(`${name}:`)
  return {
    name,
    label: name.replace(/__c$/, '').replaceAll('_', ' '),
    type,
    length: LENGTHS[type] ?? 0,
    createable: writable,
    updateable: writable,
    nillable: rule !== REQUIRED && writable,
    defaultedOnCreate: type === 'boolean',
    externalId: isKey,
    idLookup: isKey || name === 'Id' || name === 'Email',
    unique: isKey,
    caseSensitive: false,
    restrictedPicklist: false,
  }
}
