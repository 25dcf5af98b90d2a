/**
 * Group: its fields. A group of the type `Queue` may own leads, cases and tasks.
 *
 * @see Object Reference, "Group".
 * @module
 */
import { checkbox, email, picklist, reference, text } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const fields = [
  text('Name', 'Name', 40, { required: true, nameField: true }),
  text('DeveloperName', 'Developer Name', 80),
  reference('RelatedId', 'Related ID', 'Related', ['User', 'UserRole'], { readOnly: true }),
  picklist('Type', 'Type', ['Regular', 'Queue', 'Organization', 'Role'], {
    length: 40,
    updateable: false,
    defaultedOnCreate: true,
    defaultValue: 'Regular',
    restrictedPicklist: true,
  }),
  email('Email', 'Email', { length: 255 }),
  reference('OwnerId', 'Owner ID', 'Owner', ['Organization', 'User'], {
    nillable: false,
    readOnly: true,
    defaultedOnCreate: true,
  }),
  checkbox('DoesSendEmailToMembers', 'Send Email to Members'),
  checkbox('DoesIncludeBosses', 'Include Bosses'),
]

/** Group, as a new org has it. */
export function groupSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Group',
    label: 'Group',
    labelPlural: 'Group',
    keyPrefix: '00G',
    undeletable: false,
    searchable: false,
    fields,
  })
}
