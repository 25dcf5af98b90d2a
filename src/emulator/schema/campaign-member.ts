/**
 * CampaignMember and CampaignMemberStatus: their fields.
 *
 * @see Object Reference, "CampaignMember", "CampaignMemberStatus".
 * @module
 */
import { checkbox, date, email, int, phone, picklist, reference, text, textarea } from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const campaignMemberFields = [
  reference('CampaignId', 'Campaign ID', 'Campaign', ['Campaign'], {
    required: true,
    updateable: false,
    childRelationshipName: 'CampaignMembers',
    cascadeDelete: true,
  }),
  reference('LeadId', 'Lead ID', 'Lead', ['Lead'], {
    updateable: false,
    childRelationshipName: 'CampaignMembers',
    cascadeDelete: true,
  }),
  reference('ContactId', 'Contact ID', 'Contact', ['Contact'], {
    updateable: false,
    childRelationshipName: 'CampaignMembers',
    cascadeDelete: true,
  }),
  // Its choices are those of each campaign: the labels of its CampaignMemberStatus rows.
  picklist('Status', 'Status', ['Sent', 'Responded'], { length: 40 }),
  checkbox('HasResponded', 'Responded', { readOnly: true }),
  date('FirstRespondedDate', 'First Responded Date', { readOnly: true }),
  text('Name', 'Full Name', 121, { readOnly: true, extraTypeInfo: 'personname' }),
  text('FirstName', 'First Name', 40, { readOnly: true }),
  text('LastName', 'Last Name', 80, { readOnly: true }),
  text('Title', 'Title', 128, { readOnly: true }),
  text('CompanyOrAccount', 'Company (Account)', 255, { readOnly: true }),
  email('Email', 'Email', { readOnly: true }),
  phone('Phone', 'Phone', { readOnly: true }),
  phone('MobilePhone', 'Mobile Phone', { readOnly: true }),
  phone('Fax', 'Fax', { readOnly: true }),
  textarea('Street', 'Street', 255, { readOnly: true }),
  text('City', 'City', 40, { readOnly: true }),
  text('State', 'State/Province', 80, { readOnly: true }),
  text('PostalCode', 'Zip/Postal Code', 20, { readOnly: true }),
  text('Country', 'Country', 80, { readOnly: true }),
  checkbox('DoNotCall', 'Do Not Call', { readOnly: true }),
  checkbox('HasOptedOutOfEmail', 'Email Opt Out', { readOnly: true }),
  text('LeadSource', 'Lead Source', 255, { readOnly: true }),
  text('Type', 'Type', 40, { readOnly: true }),
]

/** CampaignMember: a lead or a contact in a campaign. Its person fields mirror the person and are read-only. */
export function campaignMemberSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'CampaignMember',
    label: 'Campaign Member',
    labelPlural: 'Campaign Members',
    keyPrefix: '00v',
    undeletable: false,
    searchable: false,
    fields: campaignMemberFields,
  })
}

const campaignMemberStatusFields = [
  reference('CampaignId', 'Campaign ID', 'Campaign', ['Campaign'], {
    required: true,
    updateable: false,
    childRelationshipName: 'CampaignMemberStatuses',
    cascadeDelete: true,
  }),
  text('Label', 'Label', 765, { required: true }),
  int('SortOrder', 'Sort Order', 9),
  checkbox('IsDefault', 'Is Default'),
  checkbox('HasResponded', 'Responded'),
]

/** CampaignMemberStatus: what a member of one campaign may be. */
export function campaignMemberStatusSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'CampaignMemberStatus',
    label: 'Campaign Member Status',
    labelPlural: 'Campaign Member Statuses',
    keyPrefix: '01Y',
    undeletable: false,
    searchable: false,
    fields: campaignMemberStatusFields,
  })
}
