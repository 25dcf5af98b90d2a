/**
 * User and Organization: the fields that clients read.
 *
 * @see Object Reference, "User", "Organization".
 * @module
 */
import {
  checkbox,
  date,
  datetime,
  email,
  phone,
  picklist,
  reference,
  text,
  textarea,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

/** User. Users are made by the org's options, not through the API. */
export function userSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'User',
    label: 'User',
    labelPlural: 'Users',
    keyPrefix: '005',
    createable: false,
    deletable: false,
    undeletable: false,
    fields: [
      text('Username', 'Username', 80, { required: true, idLookup: true }),
      text('LastName', 'Last Name', 80, { required: true, compoundFieldName: 'Name' }),
      text('FirstName', 'First Name', 40, { compoundFieldName: 'Name' }),
      text('Name', 'Full Name', 121, { nillable: false, readOnly: true, nameField: true }),
      text('CompanyName', 'Company Name', 80),
      text('Title', 'Title', 80),
      email('Email', 'Email', { required: true, length: 128 }),
      text('Alias', 'Alias', 8, { required: true }),
      text('CommunityNickname', 'Nickname', 40),
      phone('Phone', 'Phone'),
      checkbox('IsActive', 'Active'),
      reference('UserRoleId', 'Role ID', 'UserRole', ['UserRole']),
      reference('ProfileId', 'Profile ID', 'Profile', ['Profile'], { required: true }),
      picklist('UserType', 'User Type', ['Standard', 'AutomatedProcess'], {
        length: 40,
        readOnly: true,
        restrictedPicklist: true,
        defaultValue: 'Standard',
      }),
      text('TimeZoneSidKey', 'Time Zone', 40),
      text('LocaleSidKey', 'Locale', 40),
      text('LanguageLocaleKey', 'Language', 40),
      text('EmailEncodingKey', 'Email Encoding', 40),
      datetime('LastLoginDate', 'Last Login', { readOnly: true }),
    ],
  })
}

/** Organization: one row, the org itself. */
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
    fields: [
      text('Name', 'Name', 80, { required: true, nameField: true }),
      textarea('Street', 'Street', 255),
      text('City', 'City', 40),
      text('State', 'State/Province', 80),
      text('PostalCode', 'Zip/Postal Code', 20),
      text('Country', 'Country', 80),
      phone('Phone', 'Phone'),
      text('PrimaryContact', 'Primary Contact', 80),
      text('DefaultLocaleSidKey', 'Locale', 40),
      text('LanguageLocaleKey', 'Language', 40),
      text('TimeZoneSidKey', 'Time Zone', 40),
      text('OrganizationType', 'Edition', 40, { readOnly: true }),
      text('NamespacePrefix', 'Namespace Prefix', 15, { readOnly: true }),
      text('InstanceName', 'Instance Name', 5, { readOnly: true }),
      checkbox('IsSandbox', 'Is Sandbox', { readOnly: true }),
      date('TrialExpirationDate', 'Trial Expiration Date', { readOnly: true }),
    ],
  })
}
