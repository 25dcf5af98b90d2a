/**
 * User: the fields that clients read.
 *
 * @see Object Reference, "User".
 * @module
 */
import { checkbox, datetime, email, phone, picklist, reference, text } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const fields = [
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
]

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
    fields,
  })
}
