/**
 * Campaign: its fields.
 *
 * @see Recorded describe, API version 52.
 * @module
 */
import {
  checkbox,
  currency,
  date,
  datetime,
  double,
  int,
  percent,
  picklist,
  reference,
  text,
  textarea,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const fields = [
  text('Name', 'Name', 80, { required: true, idLookup: true, nameField: true }),
  reference('ParentId', 'Parent Campaign ID', 'Parent', ['Campaign'], {
    childRelationshipName: 'ChildCampaigns',
  }),
  picklist(
    'Type',
    'Type',
    [
      'Conference',
      'Webinar',
      'Trade Show',
      'Public Relations',
      'Partners',
      'Referral Program',
      'Advertisement',
      'Banner Ads',
      'Direct Mail',
      'Email',
      'Telemarketing',
      'Other',
    ],
    { defaultedOnCreate: true, length: 40, defaultValue: 'Conference' },
  ),
  picklist('Status', 'Status', ['Planned', 'In Progress', 'Completed', 'Aborted'], {
    defaultedOnCreate: true,
    length: 40,
    defaultValue: 'Planned',
  }),
  date('StartDate', 'Start Date'),
  date('EndDate', 'End Date'),
  currency('ExpectedRevenue', 'Expected Revenue in Campaign', 18, 0),
  currency('BudgetedCost', 'Budgeted Cost in Campaign', 18, 0),
  currency('ActualCost', 'Actual Cost in Campaign', 18, 0),
  percent('ExpectedResponse', 'Expected Response (%)', 10, 2),
  double('NumberSent', 'Num Sent in Campaign', 18, 0),
  checkbox('IsActive', 'Active'),
  textarea('Description', 'Description', 32000, { extraTypeInfo: 'plaintextarea' }),
  int('NumberOfLeads', 'Leads in Campaign', 9, { nillable: false, readOnly: true }),
  int('NumberOfConvertedLeads', 'Converted Leads in Campaign', 9, {
    nillable: false,
    readOnly: true,
  }),
  int('NumberOfContacts', 'Contacts in Campaign', 9, { nillable: false, readOnly: true }),
  int('NumberOfResponses', 'Responses in Campaign', 9, { nillable: false, readOnly: true }),
  int('NumberOfOpportunities', 'Opportunities in Campaign', 9, { nillable: false, readOnly: true }),
  int('NumberOfWonOpportunities', 'Won Opportunities in Campaign', 9, {
    nillable: false,
    readOnly: true,
  }),
  currency('AmountAllOpportunities', 'Value Opportunities in Campaign', 18, 0, {
    nillable: false,
    readOnly: true,
  }),
  currency('AmountWonOpportunities', 'Value Won Opportunities in Campaign', 18, 0, {
    nillable: false,
    readOnly: true,
  }),
  reference('OwnerId', 'Owner ID', 'Owner', ['User'], { nillable: false, defaultedOnCreate: true }),
  date('LastActivityDate', 'Last Activity', { readOnly: true }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
]

/** Campaign, as a new org has it. */
export function campaignSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Campaign',
    label: 'Campaign',
    labelPlural: 'Campaigns',
    keyPrefix: '701',
    fields,
  })
}
