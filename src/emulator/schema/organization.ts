/**
 * Organization: one row, the org itself.
 *
 * @see Object Reference, "Organization"; a recorded answer for what an org without settings of its own says.
 * @module
 */
import {
  address,
  checkbox,
  date,
  double,
  email,
  int,
  phone,
  picklist,
  text,
  textarea,
  url,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import { geocodeAccuracies } from './choices.ts'

const ADDRESS = { compoundFieldName: 'Address' }

const fields = [
  text('Name', 'Name', 80, { required: true, nameField: true }),
  text('Division', 'Division', 80),
  textarea('Street', 'Street', 255, ADDRESS),
  text('City', 'City', 40, ADDRESS),
  text('State', 'State/Province', 80, ADDRESS),
  text('PostalCode', 'Zip/Postal Code', 20, ADDRESS),
  text('Country', 'Country', 80, ADDRESS),
  double('Latitude', 'Latitude', 18, 15, ADDRESS),
  double('Longitude', 'Longitude', 18, 15, ADDRESS),
  picklist('GeocodeAccuracy', 'Geocode Accuracy', geocodeAccuracies, {
    ...ADDRESS,
    length: 40,
    restrictedPicklist: true,
  }),
  address('Address', 'Address', { readOnly: true }),
  phone('Phone', 'Phone'),
  phone('Fax', 'Fax'),
  text('PrimaryContact', 'Primary Contact', 80),
  text('DefaultLocaleSidKey', 'Locale', 40),
  text('TimeZoneSidKey', 'Time Zone', 40),
  text('LanguageLocaleKey', 'Language', 40),
  checkbox('ReceivesInfoEmails', 'Info Emails', { defaultValue: true }),
  checkbox('ReceivesAdminInfoEmails', 'Info Emails Admin', { defaultValue: true }),
  checkbox('PreferencesRequireOpportunityProducts', 'RequireOpportunityProducts'),
  checkbox('PreferencesTransactionSecurityPolicy', 'TransactionSecurityPolicy'),
  checkbox('PreferencesTerminateOldestSession', 'TerminateOldestSession'),
  checkbox('PreferencesConsentManagementEnabled', 'ConsentManagementEnabled', {
    defaultValue: true,
  }),
  checkbox('PreferencesAutoSelectIndividualOnMerge', 'AutoSelectIndividualOnMerge'),
  checkbox('PreferencesLightningLoginEnabled', 'LightningLoginEnabled', {
    defaultValue: true,
  }),
  checkbox('PreferencesOnlyLLPermUserAllowed', 'OnlyLLPermUserAllowed'),
  int('FiscalYearStartMonth', 'Fiscal Year Starts In', 9, {
    readOnly: true,
    defaultValue: 1,
  }),
  checkbox('UsesStartDateAsFiscalYearName', 'Fiscal Year Name by Start', { readOnly: true }),
  defaultAccess('Account', 'Edit'),
  defaultAccess('Contact', 'ControlledByParent'),
  defaultAccess('Opportunity', 'Edit'),
  defaultAccess('Lead', 'ReadEditTransfer'),
  defaultAccess('Case', 'ReadEditTransfer'),
  defaultAccess('Calendar', 'HideDetailsInsert'),
  defaultAccess('Pricebook', 'ReadSelect'),
  defaultAccess('Campaign', 'All'),
  url('DelegatedAuthenticationServiceUrl', 'Delegated Gateway URL', { readOnly: true }),
  email('ComplianceBccEmail', 'Compliance BCC Email'),
  text('UiSkin', 'UI Skin', 40, { defaultValue: 'Theme3' }),
  text('SignupCountryIsoCode', 'Signup Country', 2, { readOnly: true, defaultValue: 'US' }),
  date('TrialExpirationDate', 'Trial Expiration Date', { readOnly: true }),
  int('NumKnowledgeService', 'Knowledge Licenses', 9, { readOnly: true, defaultValue: 2 }),
  text('OrganizationType', 'Edition', 40, { readOnly: true }),
  text('NamespacePrefix', 'Namespace Prefix', 15, { readOnly: true }),
  text('InstanceName', 'Instance Name', 5, { readOnly: true }),
  checkbox('IsSandbox', 'Is Sandbox', { readOnly: true }),
  text('WebToCaseDefaultOrigin', 'Web to Cases Default Origin', 40, { defaultValue: 'Web' }),
  int('MonthlyPageViewsUsed', 'Monthly Page Views Used', 9, {
    readOnly: true,
    defaultValue: 0,
  }),
  int('MonthlyPageViewsEntitlement', 'Monthly Page Views Allowed', 9, {
    readOnly: true,
    defaultValue: 0,
  }),
  checkbox('IsReadOnly', 'Is Read Only', { readOnly: true }),
]

export function organizationSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Organization',
    label: 'Organization',
    labelPlural: 'Organizations',
    keyPrefix: '00D',
    createable: false,
    updateable: false,
    deletable: false,
    undeletable: false,
    searchable: false,
    fields,
  })
}

/** What users see of each other's records. */
function defaultAccess(object: string, access: string) {
  return text(`Default${object}Access`, `Default ${object} Access`, 40, {
    readOnly: true,
    defaultValue: access,
  })
}
