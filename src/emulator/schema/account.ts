/**
 * Account: its fields.
 *
 * @see Recorded describe, API version 59.
 * @module
 */
import {
  address,
  checkbox,
  currency,
  date,
  datetime,
  double,
  int,
  phone,
  picklist,
  reference,
  text,
  textarea,
  url,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import { cleanStatuses, geocodeAccuracies, industries, leadSources, ratings } from './choices.ts'

const fields = [
  reference('MasterRecordId', 'Master Record ID', 'MasterRecord', ['Account'], { readOnly: true }),
  text('Name', 'Account Name', 255, {
    required: true,
    nameField: true,
    extraTypeInfo: 'switchablepersonname',
  }),
  picklist(
    'Type',
    'Account Type',
    [
      'Prospect',
      'Customer - Direct',
      'Customer - Channel',
      'Channel Partner / Reseller',
      'Installation Partner',
      'Technology Partner',
      'Other',
    ],
    { length: 40 },
  ),
  reference('ParentId', 'Parent Account ID', 'Parent', ['Account'], {
    childRelationshipName: 'ChildAccounts',
  }),
  reference('Primary_Contact__c', 'Parent Account ID', 'PrimaryContact', ['Contact']),
  textarea('BillingStreet', 'Billing Street', 255, {
    compoundFieldName: 'BillingAddress',
    extraTypeInfo: 'plaintextarea',
  }),
  text('BillingCity', 'Billing City', 40, { compoundFieldName: 'BillingAddress' }),
  text('BillingState', 'Billing State/Province', 80, { compoundFieldName: 'BillingAddress' }),
  text('BillingPostalCode', 'Billing Zip/Postal Code', 20, { compoundFieldName: 'BillingAddress' }),
  text('BillingCountry', 'Billing Country', 80, { compoundFieldName: 'BillingAddress' }),
  double('BillingLatitude', 'Billing Latitude', 18, 15, { compoundFieldName: 'BillingAddress' }),
  double('BillingLongitude', 'Billing Longitude', 18, 15, { compoundFieldName: 'BillingAddress' }),
  picklist('BillingGeocodeAccuracy', 'Billing Geocode Accuracy', geocodeAccuracies, {
    compoundFieldName: 'BillingAddress',
    length: 40,
    restrictedPicklist: true,
  }),
  address('BillingAddress', 'Billing Address', { readOnly: true }),
  textarea('ShippingStreet', 'Shipping Street', 255, {
    compoundFieldName: 'ShippingAddress',
    extraTypeInfo: 'plaintextarea',
  }),
  text('ShippingCity', 'Shipping City', 40, { compoundFieldName: 'ShippingAddress' }),
  text('ShippingState', 'Shipping State/Province', 80, { compoundFieldName: 'ShippingAddress' }),
  text('ShippingPostalCode', 'Shipping Zip/Postal Code', 20, {
    compoundFieldName: 'ShippingAddress',
  }),
  text('ShippingCountry', 'Shipping Country', 80, { compoundFieldName: 'ShippingAddress' }),
  double('ShippingLatitude', 'Shipping Latitude', 18, 15, { compoundFieldName: 'ShippingAddress' }),
  double('ShippingLongitude', 'Shipping Longitude', 18, 15, {
    compoundFieldName: 'ShippingAddress',
  }),
  picklist('ShippingGeocodeAccuracy', 'Shipping Geocode Accuracy', geocodeAccuracies, {
    compoundFieldName: 'ShippingAddress',
    length: 40,
    restrictedPicklist: true,
  }),
  address('ShippingAddress', 'Shipping Address', { readOnly: true }),
  phone('Phone', 'Account Phone'),
  phone('Fax', 'Account Fax'),
  text('AccountNumber', 'Account Number', 40),
  url('Website', 'Website'),
  url('PhotoUrl', 'Photo URL', { readOnly: true, extraTypeInfo: 'imageurl' }),
  text('Sic', 'SIC Code', 20),
  picklist('Industry', 'Industry', industries, { length: 40 }),
  currency('AnnualRevenue', 'Annual Revenue', 18, 0),
  int('NumberOfEmployees', 'Employees', 8),
  picklist('Ownership', 'Ownership', ['Public', 'Private', 'Subsidiary', 'Other'], { length: 40 }),
  text('TickerSymbol', 'Ticker Symbol', 20),
  textarea('Description', 'Account Description', 32000, { extraTypeInfo: 'plaintextarea' }),
  textarea('ns__Description__c', 'Account Description (Managed)', 32000, {
    extraTypeInfo: 'plaintextarea',
  }),
  textarea('History__c', 'Account History (No-Namespace)', 32000, {
    extraTypeInfo: 'plaintextarea',
  }),
  picklist('Rating', 'Account Rating', ratings, { length: 40 }),
  text('Site', 'Account Site', 80),
  reference('OwnerId', 'Owner ID', 'Owner', ['User'], { nillable: false, defaultedOnCreate: true }),
  reference('ns__LinkedAccount__c', 'Linked Account', 'LinkedAccount', ['Account'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  date('LastActivityDate', 'Last Activity', { readOnly: true }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
  checkbox('IsPartner', 'Partner Account', { createable: false }),
  checkbox('IsCustomerPortal', 'Customer Portal Account', { createable: false }),
  text('ChannelProgramName', 'Channel Program Name', 255, {
    readOnly: true,
    filterable: false,
    sortable: false,
  }),
  text('ChannelProgramLevelName', 'Channel Program Level Name', 255, {
    readOnly: true,
    filterable: false,
    sortable: false,
  }),
  text('Jigsaw', 'Data.com Key', 20),
  text('JigsawCompanyId', 'Jigsaw Company ID', 20, { readOnly: true }),
  picklist('CleanStatus', 'Clean Status', cleanStatuses, { length: 40, restrictedPicklist: true }),
  picklist('AccountSource', 'Account Source', leadSources, { length: 40 }),
  text('DunsNumber', 'D-U-N-S Number', 9),
  text('Tradestyle', 'Tradestyle', 255),
  text('NaicsCode', 'NAICS Code', 8),
  text('NaicsDesc', 'NAICS Description', 120),
  text('YearStarted', 'Year Started', 4),
  text('SicDesc', 'SIC Description', 80),
]

/** Account, as a new org has it. */
export function accountSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Account',
    label: 'Account',
    labelPlural: 'Accounts',
    keyPrefix: '001',
    mergeable: true,
    fields,
  })
}
