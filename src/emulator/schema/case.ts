/**
 * Case: its fields.
 *
 * @see Recorded describe, API version 54; Object Reference, "Case".
 * @module
 */
import { checkbox, datetime, email, phone, picklist, reference, text, textarea } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const CASE_TYPES = ['Mechanical', 'Electrical', 'Electronic', 'Structural', 'Other'] as const

const CASE_REASONS = [
  'Installation',
  'Equipment Complexity',
  'Performance',
  'Breakdown',
  'Equipment Design',
  'Feedback',
  'Other',
] as const

const fields = [
  reference('MasterRecordId', 'Master Record ID', 'MasterRecord', ['Case'], { readOnly: true }),
  text('CaseNumber', 'Case Number', 30, {
    nillable: false,
    readOnly: true,
    defaultedOnCreate: true,
    idLookup: true,
    autoNumber: true,
    nameField: true,
    groupable: false,
    displayFormat: '{00000000}',
    // Recorded orgs begin their cases there.
    startingNumber: 1_000,
  }),
  reference('ContactId', 'Contact ID', 'Contact', ['Contact'], {
    childRelationshipName: 'Cases',
    restrictedDelete: true,
  }),
  reference('AccountId', 'Account ID', 'Account', ['Account'], {
    childRelationshipName: 'Cases',
    restrictedDelete: true,
  }),
  reference('ParentId', 'Parent Case ID', 'Parent', ['Case'], {
    childRelationshipName: 'Cases',
  }),
  text('SuppliedName', 'Name', 80),
  email('SuppliedEmail', 'Email Address'),
  text('SuppliedPhone', 'Phone', 40),
  text('SuppliedCompany', 'Company', 80),
  picklist('Type', 'Case Type', CASE_TYPES, { length: 40 }),
  picklist('Status', 'Status', ['New', 'Working', 'Escalated', 'Closed'], {
    length: 40,
    defaultedOnCreate: true,
    defaultValue: 'New',
  }),
  picklist('Reason', 'Case Reason', CASE_REASONS, { length: 40 }),
  picklist('Origin', 'Case Origin', ['Phone', 'Email', 'Web'], { length: 40 }),
  text('Subject', 'Subject', 255),
  picklist('Priority', 'Priority', ['High', 'Medium', 'Low'], {
    length: 40,
    defaultedOnCreate: true,
    defaultValue: 'Medium',
  }),
  textarea('Description', 'Description', 32_000, { extraTypeInfo: 'plaintextarea' }),
  checkbox('IsClosed', 'Closed', { readOnly: true }),
  datetime('ClosedDate', 'Closed Date', { readOnly: true }),
  checkbox('IsEscalated', 'Escalated'),
  reference('OwnerId', 'Owner ID', 'Owner', ['Group', 'User'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  phone('ContactPhone', 'Contact Phone', { readOnly: true }),
  phone('ContactMobile', 'Contact Mobile', { readOnly: true }),
  email('ContactEmail', 'Contact Email', { readOnly: true }),
  phone('ContactFax', 'Contact Fax', { readOnly: true }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
]

/** Case, as a new org has it. */
export function caseSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Case',
    label: 'Case',
    labelPlural: 'Cases',
    keyPrefix: '500',
    fields,
  })
}
