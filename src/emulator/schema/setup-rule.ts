/**
 * AssignmentRule and DuplicateRule: which rules an administrator has set up. They are read through the API, and made elsewhere.
 *
 * @see Object Reference, "AssignmentRule", "DuplicateRule".
 * @module
 */
import { checkbox, picklist, text } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'
import { SETUP_OBJECT } from './setup-object.ts'

const assignmentRuleFields = [
  text('Name', 'Name', 120, { nameField: true }),
  picklist('SobjectType', 'SObject Type', ['Case', 'Lead'], {
    length: 40,
    restrictedPicklist: true,
  }),
  checkbox('Active', 'Active'),
]

/** AssignmentRule. */
export function assignmentRuleSchema(): ObjectSchema {
  return new ObjectSchema({
    ...SETUP_OBJECT,
    name: 'AssignmentRule',
    label: 'Assignment Rule',
    labelPlural: 'Assignment Rule',
    keyPrefix: '01Q',
    fields: assignmentRuleFields,
  })
}

const duplicateRuleFields = [
  text('SobjectType', 'Object', 40, { required: true }),
  text('DeveloperName', 'Developer Name', 80, { required: true }),
  text('Language', 'Master Language', 40, { readOnly: true }),
  text('MasterLabel', 'Rule Name', 80, { required: true, nameField: true }),
  text('NamespacePrefix', 'Namespace Prefix', 15, { readOnly: true }),
  checkbox('IsActive', 'Active'),
  text('SobjectSubtype', 'Object Subtype', 40),
]

/** DuplicateRule. */
export function duplicateRuleSchema(): ObjectSchema {
  return new ObjectSchema({
    ...SETUP_OBJECT,
    name: 'DuplicateRule',
    label: 'Duplicate Rule',
    labelPlural: 'Duplicate Rules',
    keyPrefix: '0Bm',
    fields: duplicateRuleFields,
  })
}
