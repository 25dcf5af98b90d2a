/**
 * Lead: its fields.
 *
 * @see Recorded describe, API version 59; the opt-out fields from the Object Reference, "Lead".
 * @module
 */
import {
  address,
  checkbox,
  currency,
  date,
  datetime,
  double,
  email,
  int,
  phone,
  picklist,
  reference,
  text,
  textarea,
  url,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import {
  cleanStatuses,
  geocodeAccuracies,
  industries,
  leadSources,
  ratings,
  salutations,
} from './choices.ts'

const fields = [
  reference('MasterRecordId', 'Master Record ID', 'MasterRecord', ['Lead'], { readOnly: true }),
  text('LastName', 'Last Name', 80, {
    required: true,
    compoundFieldName: 'Name',
    extraTypeInfo: 'personname',
  }),
  text('FirstName', 'First Name', 40, { compoundFieldName: 'Name', extraTypeInfo: 'personname' }),
  picklist('Salutation', 'Salutation', [...salutations, 'Mx.'], {
    compoundFieldName: 'Name',
    extraTypeInfo: 'personname',
    length: 40,
  }),
  text('Name', 'Full Name', 121, {
    nillable: false,
    readOnly: true,
    nameField: true,
    extraTypeInfo: 'personname',
  }),
  text('Title', 'Title', 128),
  text('Company', 'Company', 255, { required: true }),
  textarea('Street', 'Street', 255, {
    compoundFieldName: 'Address',
    extraTypeInfo: 'plaintextarea',
  }),
  text('City', 'City', 40, { compoundFieldName: 'Address' }),
  text('State', 'State/Province', 80, { compoundFieldName: 'Address' }),
  text('PostalCode', 'Zip/Postal Code', 20, { compoundFieldName: 'Address' }),
  text('Country', 'Country', 80, { compoundFieldName: 'Address' }),
  double('Latitude', 'Latitude', 18, 15, { compoundFieldName: 'Address' }),
  double('Longitude', 'Longitude', 18, 15, { compoundFieldName: 'Address' }),
  picklist('GeocodeAccuracy', 'Geocode Accuracy', geocodeAccuracies, {
    compoundFieldName: 'Address',
    length: 40,
    restrictedPicklist: true,
  }),
  address('Address', 'Address', { readOnly: true }),
  phone('Phone', 'Phone'),
  phone('MobilePhone', 'Mobile Phone'),
  phone('Fax', 'Fax'),
  email('Email', 'Email', { idLookup: true }),
  url('Website', 'Website'),
  url('PhotoUrl', 'Photo URL', { readOnly: true, extraTypeInfo: 'imageurl' }),
  textarea('Description', 'Description', 32000, { extraTypeInfo: 'plaintextarea' }),
  picklist('LeadSource', 'Lead Source', leadSources),
  picklist(
    'Status',
    'Status',
    ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted', 'Closed - Not Converted'],
    { nillable: false, defaultedOnCreate: true, defaultValue: 'Open - Not Contacted' },
  ),
  picklist('Industry', 'Industry', industries),
  picklist('Rating', 'Rating', ratings),
  currency('AnnualRevenue', 'Annual Revenue', 18, 0),
  int('NumberOfEmployees', 'Employees', 8),
  reference('OwnerId', 'Owner ID', 'Owner', ['Group', 'User'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  checkbox('IsConverted', 'Converted', { updateable: false }),
  date('ConvertedDate', 'Converted Date', { readOnly: true }),
  reference('ConvertedAccountId', 'Converted Account ID', 'ConvertedAccount', ['Account'], {
    readOnly: true,
  }),
  reference('ConvertedContactId', 'Converted Contact ID', 'ConvertedContact', ['Contact'], {
    readOnly: true,
  }),
  reference(
    'ConvertedOpportunityId',
    'Converted Opportunity ID',
    'ConvertedOpportunity',
    ['Opportunity'],
    { readOnly: true },
  ),
  checkbox('IsUnreadByOwner', 'Unread By Owner'),
  date('LastActivityDate', 'Last Activity', { readOnly: true }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
  text('Jigsaw', 'Data.com Key', 20),
  text('JigsawContactId', 'Jigsaw Contact ID', 20, { readOnly: true }),
  picklist('CleanStatus', 'Clean Status', cleanStatuses, { length: 40, restrictedPicklist: true }),
  text('CompanyDunsNumber', 'Company D-U-N-S Number', 9),
  text('EmailBouncedReason', 'Email Bounced Reason', 255, { createable: false }),
  datetime('EmailBouncedDate', 'Email Bounced Date', { createable: false }),
  checkbox('HasOptedOutOfEmail', 'Email Opt Out'),
  checkbox('HasOptedOutOfFax', 'Fax Opt Out'),
  checkbox('DoNotCall', 'Do Not Call'),
]

/** Lead, as a new org has it. */
export function leadSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Lead',
    label: 'Lead',
    labelPlural: 'Leads',
    keyPrefix: '00Q',
    mergeable: true,
    fields,
  })
}
