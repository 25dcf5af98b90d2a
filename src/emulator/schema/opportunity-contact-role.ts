/**
 * OpportunityContactRole: its fields.
 *
 * @see Recorded describe, API version 55.
 * @module
 */
import { checkbox, picklist, reference } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const ROLES = [
  'Business User',
  'Decision Maker',
  'Economic Buyer',
  'Economic Decision Maker',
  'Evaluator',
  'Executive Sponsor',
  'Influencer',
  'Technical Buyer',
  'Other',
] as const

const fields = [
  reference('OpportunityId', 'Opportunity ID', 'Opportunity', ['Opportunity'], {
    required: true,
    updateable: false,
    childRelationshipName: 'OpportunityContactRoles',
    cascadeDelete: true,
  }),
  reference('ContactId', 'Contact ID', 'Contact', ['Contact'], {
    required: true,
    childRelationshipName: 'OpportunityContactRoles',
    cascadeDelete: true,
  }),
  picklist('Role', 'Role', ROLES, { length: 40 }),
  checkbox('IsPrimary', 'Primary'),
]

/** OpportunityContactRole, as a new org has it. */
export function opportunityContactRoleSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'OpportunityContactRole',
    label: 'Opportunity Contact Role',
    labelPlural: 'Opportunity Contact Role',
    keyPrefix: '00K',
    undeletable: false,
    searchable: false,
    fields,
  })
}
