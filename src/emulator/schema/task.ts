/**
 * Task: its fields.
 *
 * @see Object Reference, "Task".
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
    childRelationshipName: 'Tasks',
    cascadeDelete: true,
  }),
  reference('WhatId', 'Related To ID', 'What', ['Account', 'Campaign', 'Case', 'Opportunity'], {
    childRelationshipName: 'Tasks',
    cascadeDelete: true,
  }),
  field('combobox', 'Subject', 'Subject', { length: 255 }, [
    { value: 'Call', label: 'Call' },
    { value: 'Send Letter', label: 'Send Letter' },
    { value: 'Send Quote', label: 'Send Quote' },
    { value: 'Other', label: 'Other' },
  ]),
  date('ActivityDate', 'Due Date Only'),
  picklist(
    'Status',
    'Status',
    ['Not Started', 'In Progress', 'Completed', 'Waiting on someone else', 'Deferred'],
    { nillable: false, defaultedOnCreate: true, defaultValue: 'Not Started' },
  ),
  picklist('Priority', 'Priority', ['High', 'Normal', 'Low'], {
    nillable: false,
    defaultedOnCreate: true,
    defaultValue: 'Normal',
  }),
  checkbox('IsHighPriority', 'High Priority', { readOnly: true }),
  reference('OwnerId', 'Assigned To ID', 'Owner', ['Group', 'User'], {
    nillable: false,
    defaultedOnCreate: true,
  }),
  textarea('Description', 'Description', 32_000),
  picklist('Type', 'Type', ['Call', 'Meeting', 'Email', 'Other'], { length: 40 }),
  reference('AccountId', 'Account ID', 'Account', ['Account'], { readOnly: true }),
  checkbox('IsClosed', 'Closed', { readOnly: true }),
  int('CallDurationInSeconds', 'Call Duration', 8),
  picklist('CallType', 'Call Type', ['Internal', 'Inbound', 'Outbound'], { length: 40 }),
  text('CallDisposition', 'Call Result', 255),
  text('CallObject', 'Call Object Identifier', 255),
  datetime('ReminderDateTime', 'Reminder Date/Time'),
  checkbox('IsReminderSet', 'Reminder Set'),
  checkbox('IsArchived', 'Archived', { readOnly: true }),
  checkbox('IsRecurrence', 'Create Recurring Series of Tasks', { updateable: false }),
  picklist(
    'TaskSubtype',
    'Task Subtype',
    ['Task', 'Email', ['ListEmail', 'List Email'], 'Cadence', 'Call', ['LinkedIn', 'LinkedIn']],
    { length: 40, updateable: false, restrictedPicklist: true },
  ),
  datetime('CompletedDateTime', 'Completed Date', { readOnly: true }),
]

/** Task, as a new org has it. */
export function taskSchema(): ObjectSchema {
  return new ObjectSchema({
    name: 'Task',
    label: 'Task',
    labelPlural: 'Tasks',
    keyPrefix: '00T',
    fields,
  })
}
