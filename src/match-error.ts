/**
 * Match errors: why a change has no record to go to.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { SyncError } from './errors.ts'

/** A transport cannot look up, and nothing else says where the record is. */
export function noLookup(): SyncError {
  return new SyncError(
    'ERR_NO_LOOKUP',
    'the prospect cannot be matched: the transport carries no lookup parts',
    {
      remedy:
        'Name the prospect by crmId, or by key with its object declared or create.object set to one, or use a transport that can look up.',
    },
  )
}

/** The prospect has nothing but a key, in an org that keeps none. */
export function keyFieldMissing(keyField: string): SyncError {
  return new SyncError(
    'ERR_KEY_FIELD_MISSING',
    `the prospect is named by key only, and neither Lead nor Contact has the field ${keyField}`,
    {
      remedy: `Add ${keyField} to Lead and Contact (examples/salesforce-metadata deploys it), set the option keyField, or name the prospect by e-mail as well.`,
      fields: [keyField],
    },
  )
}

/** The record is written as an Account. */
export function personAccount(recordId: string): SyncError {
  return new SyncError(
    'ERR_PERSON_ACCOUNT',
    `the record ${recordId} is a Person Account: nothing was written`,
    {
      remedy:
        'Name another record, or leave the prospect out: Person Accounts are written as Accounts, which this library does not.',
    },
  )
}

/** The record was deleted. */
export function gone(recordId: string): SyncError {
  return new SyncError('ERR_NOT_FOUND', `the record ${recordId} is gone from Salesforce`, {
    remedy: 'Restore it there, or name the prospect by another record, then release the trigger.',
  })
}

/** None of the strategies has anything to go by: a record made for the prospect could not be told from a second one. */
export function unfindable(): SyncError {
  return new SyncError(
    'ERR_NO_LOOKUP',
    'the prospect cannot be matched: no strategy of match.by finds it by the names and fields it has',
    {
      remedy:
        'Add a strategy to match.by that finds it, or name the prospect by key or crmId as well, then release the trigger.',
    },
  )
}

/** A duplicate rule of the org refused a new record, and none of the matches it found can be the prospect's. */
export function duplicated(recordIds: readonly string[]): SyncError {
  return new SyncError(
    'ERR_RECORD',
    'Salesforce refused the record: DUPLICATES_DETECTED: what the duplicate rule found is gone, no Lead or Contact, or another prospect',
    {
      remedy: 'Look at error.recordIds in Salesforce, and name the prospect by its crmId.',
      salesforceCode: 'DUPLICATES_DETECTED',
      recordIds,
    },
  )
}
