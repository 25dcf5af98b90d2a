/** What a pull reads of the records of an object. */
import { defaultMapping } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import type { FieldDescription, ObjectDescription } from '../src/call.ts'
import { pulledColumns, pulledFields } from '../src/pulled-fields.ts'

const mapping = { title: 'Title', score: { Lead: 'pi__score__c', optional: true } }
const described = (...names: string[]) =>
  ({ fields: names.map(name => ({ name }) as FieldDescription) }) as unknown as ObjectDescription

describe('the fields whose changes are told', () => {
  it.each([
    [
      'mapped ones, but optional ones, of an object nobody described',
      'Lead',
      undefined,
      { title: 'Title' },
    ],
    [
      "those that the session may see, in the org's own letters",
      'Lead',
      described('pi__Score__c'),
      { score: 'pi__Score__c' },
    ],
    [
      'none that the object has not',
      'Contact',
      described('Title', 'pi__score__c'),
      { title: 'Title' },
    ],
    [
      'of other objects a list of ours',
      'CampaignMember',
      described('status', 'LeadId'),
      { LeadId: 'LeadId', Status: 'Status' },
    ],
  ] as const)('are %s', (_, object, description, expected) => {
    expect(Object.fromEntries(pulledFields(object, mapping, description))).toEqual(expected)
  })
})

describe('all that is read', () => {
  it.each([
    [
      'a prospect by its key and address',
      'Lead',
      described('Title', 'key__C', 'MasterRecordId'),
      ['Title', 'Email', 'Key__c', 'CreatedDate', 'LastModifiedById', 'MasterRecordId'],
    ],
    [
      'no key where there is none',
      'Lead',
      described('Title'),
      ['Title', 'Email', 'CreatedDate', 'LastModifiedById'],
    ],
    [
      'no address of what is no prospect',
      'Campaign',
      described('Name'),
      ['Name', 'CreatedDate', 'LastModifiedById'],
    ],
  ] as const)('has %s', (_, object, description, expected) => {
    expect(pulledColumns(object, mapping, 'Key__c', description)).toEqual(expected)
  })

  it('has no field twice', () => {
    const columns = pulledColumns('Contact', defaultMapping, 'Key__c', undefined)
    expect(new Set(columns).size).toBe(columns.length)
  })
})
