/**
 * Event: its fields, without those of series.
 *
 * @see Recorded describe, API version 55; Object Reference, "Event".
 * @module
 */
import {
  checkbox,
  date,
  datetime,
  field,
  int,
  picklist,
  reference,
  text,
  textarea,
} from '../field.ts'
import { ObjectSchema } from '../object-schema.ts'

const fields = [
  reference('WhoId', 'Name ID', 'Who', ['Contact', 'Lead'], {
    childRelationshipName: 'Events',
    cascadeDelete: true,
  }),
  reference('WhatId', 'Related To ID', 'What', ['Account', 'Campaign', 'Case', 'Opportunity'], {
    childRelationshipName: 'Events',
    cascadeDelete: true,
  }),
  field(
    'combobox',
    'Subject',
    'Subject',
    { length: 255, nameField: true, groupable: false },
    ['Call', 'Email', 'Meeting', 'Send Letter/Quote', 'Other'].map(value => ({
      value,
      label: value,
    })),
  ),
  text('Location', 'Location', 255),
  checkbox('IsAllDayEvent', 'All-Day Event'),
  datetime('ActivityDateTime', 'Due Date Time'),
  date('ActivityDate', 'Due Date Only'),
  int('DurationInMinutes', 'Duration', 8),
  datetime('StartDateTime', 'Start Date Time'),
  datetime('EndDateTime', 'End Date Time'),
  date('EndDate', 'End Date', { readOnly: true }),
  textarea('Description', 'Description', 32_000, { extraTypeInfo: 'plaintextarea' }),
  reference('AccountId', 'Account ID', 'Account', ['Account'], { readOnly: true }),
  reference('OwnerId', 'Assigned To ID', 'Owner', ['Calendar', 'User'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  checkbox('IsPrivate', 'Private'),
  picklist('ShowAs', 'Show Time As', ['Busy', ['OutOfOffice', 'Out of Office'], 'Free'], {
    length: 40,
    defaultedOnCreate: true,
    defaultValue: 'Busy',
    restrictedPicklist: true,
  }),
  checkbox('IsChild', 'Is Child', { readOnly: true }),
  checkbox('IsGroupEvent', 'Is Group Event', { readOnly: true }),
  picklist(
    'GroupEventType',
    'Group Event Type',
    [
      ['0', 'Non-group Event'],
      ['1', 'Group Event'],
      ['2', 'Proposed Event'],
      ['3', 'IsRecurrence2 Series Pattern'],
    ],
    {
      length: 40,
      readOnly: true,
      defaultedOnCreate: true,
      defaultValue: '0',
      restrictedPicklist: true,
    },
  ),
  checkbox('IsArchived', 'Archived', { readOnly: true }),
  datetime('ReminderDateTime', 'Reminder Date/Time'),
  checkbox('IsReminderSet', 'Reminder Set'),
  picklist('EventSubtype', 'Event Subtype', ['Event'], {
    length: 40,
    updateable: false,
    restrictedPicklist: true,
  }),
]

/** Event, as a new org has it. */
export function eventSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Event',
    label: 'Event',
    labelPlural: 'Events',
    keyPrefix: '00U',
    fields,
  })
}
