/**
 * Profile, UserRole and RecordType: set-up that clients read beside users and records. Nothing is made of them through the API.
 *
 * @see Object Reference, "Profile", "UserRole", "RecordType".
 * @module
 */
import { checkbox, picklist, reference, text } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import { SETUP_OBJECT } from './setup-object.ts'

const profileFields = [
  text('Name', 'Name', 255, { required: true, nameField: true }),
  picklist('UserType', 'User Type', ['Standard', 'AutomatedProcess'], {
    length: 40,
    readOnly: true,
    restrictedPicklist: true,
    defaultValue: 'Standard',
  }),
  text('Description', 'Description', 255),
]

/** Profile. */
export function profileSchema(): ObjectSchema {
  return new ObjectSchema({
    ...SETUP_OBJECT,
    name: 'Profile',
    label: 'Profile',
    labelPlural: 'Profile',
    keyPrefix: '00e',
    fields: profileFields,
  })
}

const userRoleFields = [
  text('Name', 'Name', 80, { required: true, nameField: true }),
  reference('ParentRoleId', 'Parent Role ID', '', ['UserRole']),
  text('RollupDescription', 'Description', 80),
  text('DeveloperName', 'Developer Name', 80),
]

/** UserRole: a new org has none. */
export function userRoleSchema(): ObjectSchema {
  return new ObjectSchema({
    ...SETUP_OBJECT,
    name: 'UserRole',
    label: 'Role',
    labelPlural: 'Role',
    keyPrefix: '00E',
    fields: userRoleFields,
  })
}

const recordTypeFields = [
  text('Name', 'Name', 80, { required: true, nameField: true }),
  text('DeveloperName', 'Record Type Name', 80, { required: true }),
  text('NamespacePrefix', 'Namespace Prefix', 15, { readOnly: true }),
  text('Description', 'Description', 255),
  text('SobjectType', 'SObject Type Name', 40, { required: true }),
  checkbox('IsActive', 'Active'),
]

/** RecordType: a new org has none. */
export function recordTypeSchema(): ObjectSchema {
  return new ObjectSchema({
    ...SETUP_OBJECT,
    name: 'RecordType',
    label: 'Record Type',
    labelPlural: 'Record Type',
    keyPrefix: '012',
    fields: recordTypeFields,
  })
}
