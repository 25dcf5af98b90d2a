/**
 * Contact: its fields.
 *
 * @see Recorded describe, API version 59; the opt-out fields from the Object Reference, "Contact".
 * @module
 */
import {
  address,
  checkbox,
  date,
  datetime,
  double,
  email,
  phone,
  picklist,
  reference,
  text,
  textarea,
  url,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import { cleanStatuses, geocodeAccuracies, leadSources, salutations } from './choices.ts'

const fields = [
  reference('MasterRecordId', 'Master Record ID', 'MasterRecord', ['Contact'], { readOnly: true }),
  reference('AccountId', 'Account ID', 'Account', ['Account'], {
    childRelationshipName: 'Contacts',
    cascadeDelete: true,
  }),
  text('LastName', 'Last Name', 80, {
    required: true,
    compoundFieldName: 'Name',
    extraTypeInfo: 'personname',
  }),
  text('FirstName', 'First Name', 40, { compoundFieldName: 'Name', extraTypeInfo: 'personname' }),
  picklist('Salutation', 'Salutation', salutations, {
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
  textarea('OtherStreet', 'Other Street', 255, {
    compoundFieldName: 'OtherAddress',
    extraTypeInfo: 'plaintextarea',
  }),
  text('OtherCity', 'Other City', 40, { compoundFieldName: 'OtherAddress' }),
  text('OtherState', 'Other State/Province', 80, { compoundFieldName: 'OtherAddress' }),
  text('OtherPostalCode', 'Other Zip/Postal Code', 20, { compoundFieldName: 'OtherAddress' }),
  text('OtherCountry', 'Other Country', 80, { compoundFieldName: 'OtherAddress' }),
  double('OtherLatitude', 'Other Latitude', 18, 15, { compoundFieldName: 'OtherAddress' }),
  double('OtherLongitude', 'Other Longitude', 18, 15, { compoundFieldName: 'OtherAddress' }),
  picklist('OtherGeocodeAccuracy', 'Other Geocode Accuracy', geocodeAccuracies, {
    compoundFieldName: 'OtherAddress',
    length: 40,
    restrictedPicklist: true,
  }),
  address('OtherAddress', 'Other Address', { readOnly: true }),
  textarea('MailingStreet', 'Mailing Street', 255, {
    compoundFieldName: 'MailingAddress',
    extraTypeInfo: 'plaintextarea',
  }),
  text('MailingCity', 'Mailing City', 40, { compoundFieldName: 'MailingAddress' }),
  text('MailingState', 'Mailing State/Province', 80, { compoundFieldName: 'MailingAddress' }),
  text('MailingPostalCode', 'Mailing Zip/Postal Code', 20, { compoundFieldName: 'MailingAddress' }),
  text('MailingCountry', 'Mailing Country', 80, { compoundFieldName: 'MailingAddress' }),
  double('MailingLatitude', 'Mailing Latitude', 18, 15, { compoundFieldName: 'MailingAddress' }),
  double('MailingLongitude', 'Mailing Longitude', 18, 15, { compoundFieldName: 'MailingAddress' }),
  picklist('MailingGeocodeAccuracy', 'Mailing Geocode Accuracy', geocodeAccuracies, {
    compoundFieldName: 'MailingAddress',
    length: 40,
    restrictedPicklist: true,
  }),
  address('MailingAddress', 'Mailing Address', { readOnly: true }),
  phone('Phone', 'Business Phone'),
  phone('Fax', 'Business Fax'),
  phone('MobilePhone', 'Mobile Phone'),
  phone('HomePhone', 'Home Phone'),
  phone('OtherPhone', 'Other Phone'),
  phone('AssistantPhone', 'Asst. Phone'),
  reference('ReportsToId', 'Reports To ID', 'ReportsTo', ['Contact']),
  email('Email', 'Email', { idLookup: true }),
  text('Title', 'Title', 128),
  text('Department', 'Department', 80),
  text('AssistantName', "Assistant's Name", 40),
  picklist('LeadSource', 'Lead Source', leadSources),
  date('Birthdate', 'Birthdate'),
  textarea('Description', 'Contact Description', 32000, { extraTypeInfo: 'plaintextarea' }),
  reference('OwnerId', 'Owner ID', 'Owner', ['User'], { nillable: false, defaultedOnCreate: true }),
  date('LastActivityDate', 'Last Activity', { readOnly: true }),
  datetime('LastCURequestDate', 'Last Stay-in-Touch Request Date', { readOnly: true }),
  datetime('LastCUUpdateDate', 'Last Stay-in-Touch Save Date', { readOnly: true }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
  text('EmailBouncedReason', 'Email Bounced Reason', 255),
  datetime('EmailBouncedDate', 'Email Bounced Date'),
  checkbox('IsEmailBounced', 'Is Email Bounced', { readOnly: true }),
  url('PhotoUrl', 'Photo URL', { readOnly: true, extraTypeInfo: 'imageurl' }),
  text('Jigsaw', 'Data.com Key', 20),
  text('JigsawContactId', 'Jigsaw Contact ID', 20, { readOnly: true }),
  picklist('CleanStatus', 'Clean Status', cleanStatuses, { length: 40, restrictedPicklist: true }),
  checkbox('HasOptedOutOfEmail', 'Email Opt Out'),
  checkbox('HasOptedOutOfFax', 'Fax Opt Out'),
  checkbox('DoNotCall', 'Do Not Call'),
]

/** Contact, as a new org has it. */
export function contactSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Contact',
    label: 'Contact',
    labelPlural: 'Contacts',
    keyPrefix: '003',
    mergeable: true,
    fields,
  })
}
