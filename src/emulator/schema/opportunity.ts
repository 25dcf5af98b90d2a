/**
 * Opportunity: its fields.
 *
 * @see Recorded describe, API version 59.
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
import { leadSources } from './choices.ts'

const fields = [
  reference('AccountId', 'Account ID', 'Account', ['Account'], {
    childRelationshipName: 'Opportunities',
    cascadeDelete: true,
  }),
  checkbox('IsPrivate', 'Private'),
  text('Name', 'Name', 120, { required: true, idLookup: true, nameField: true }),
  textarea('Description', 'Description', 32000, { extraTypeInfo: 'plaintextarea' }),
  picklist(
    'StageName',
    'Stage',
    [
      'Prospecting',
      'Qualification',
      'Needs Analysis',
      'Value Proposition',
      'Id. Decision Makers',
      'Perception Analysis',
      'Proposal/Price Quote',
      'Negotiation/Review',
      'Closed Won',
      'Closed Lost',
    ],
    { required: true },
  ),
  currency('Amount', 'Amount', 18, 2),
  percent('Probability', 'Probability (%)', 3, 0, { defaultedOnCreate: true }),
  currency('ExpectedRevenue', 'Expected Amount', 18, 2, { readOnly: true }),
  double('TotalOpportunityQuantity', 'Quantity', 18, 2),
  date('CloseDate', 'Close Date', { required: true }),
  picklist('Type', 'Opportunity Type', [
    'Existing Customer - Upgrade',
    'Existing Customer - Replacement',
    'Existing Customer - Downgrade',
    'New Customer',
  ]),
  text('NextStep', 'Next Step', 255),
  picklist('LeadSource', 'Lead Source', leadSources),
  checkbox('IsClosed', 'Closed', { readOnly: true }),
  checkbox('IsWon', 'Won', { readOnly: true }),
  picklist(
    'ForecastCategory',
    'Forecast Category',
    [
      'Omitted',
      'Pipeline',
      ['BestCase', 'Best Case'],
      ['MostLikely', 'Most Likely'],
      ['Forecast', 'Commit'],
      'Closed',
    ],
    { nillable: false, readOnly: true, length: 40, restrictedPicklist: true },
  ),
  picklist(
    'ForecastCategoryName',
    'Forecast Category',
    ['Omitted', 'Pipeline', 'Best Case', 'Commit', 'Closed'],
    { defaultedOnCreate: true, restrictedPicklist: true },
  ),
  reference('CampaignId', 'Campaign ID', 'Campaign', ['Campaign'], {
    childRelationshipName: 'Opportunities',
  }),
  checkbox('HasOpportunityLineItem', 'Has Line Item', { readOnly: true }),
  reference('OwnerId', 'Owner ID', 'Owner', ['User'], { nillable: false, defaultedOnCreate: true }),
  date('LastActivityDate', 'Last Activity', { readOnly: true }),
  datetime('LastStageChangeDate', 'Last Stage Change Date', { readOnly: true }),
  int('FiscalQuarter', 'Fiscal Quarter', 8, { readOnly: true, compoundFieldName: 'Fiscal' }),
  int('FiscalYear', 'Fiscal Year', 8, { readOnly: true, compoundFieldName: 'Fiscal' }),
  text('Fiscal', 'Fiscal Period', 6, { readOnly: true }),
  reference('ContactId', 'Contact ID', '', ['Contact'], {
    updateable: false,
    childRelationshipName: 'Opportunities',
  }),
  datetime('LastViewedDate', 'Last Viewed Date', { readOnly: true }),
  datetime('LastReferencedDate', 'Last Referenced Date', { readOnly: true }),
  checkbox('HasOpenActivity', 'Has Open Activity', {
    readOnly: true,
    filterable: false,
    sortable: false,
  }),
  checkbox('HasOverdueTask', 'Has Overdue Task', {
    readOnly: true,
    filterable: false,
    sortable: false,
  }),
]

/** Opportunity, as a new org has it. */
export function opportunitySchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Opportunity',
    label: 'Opportunity',
    labelPlural: 'Opportunities',
    keyPrefix: '006',
    fields,
  })
}
