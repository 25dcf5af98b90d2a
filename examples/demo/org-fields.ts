/**
 * Fields that an administrator would add to the org: the keys of prospects and of tasks, and those of Pardot's package.
 *
 * `examples/salesforce-metadata/` holds the key fields as deployable metadata.
 *
 * @module
 */
import type { FieldOptions } from 'prospect-sync/emulator'

const fields: Record<string, FieldOptions> = {
  Prospect_Key__c: {
    type: 'text',
    length: 255,
    externalId: true,
    unique: true,
    caseSensitive: true,
  },
  pi__score__c: { type: 'double', precision: 18, scale: 0, label: 'Score' },
  pi__grade__c: { type: 'text', length: 10, label: 'Grade' },
  pi__campaign__c: { type: 'text', length: 255, label: 'Campaign' },
  pi__notes__c: { type: 'longText', label: 'Notes' },
  pi__comments__c: { type: 'longText', label: 'Comments' },
  pi__created_date__c: { type: 'datetime', label: 'Created Date' },
  pi__last_activity__c: { type: 'datetime', label: 'Last Activity' },
  pi__url__c: { type: 'url', label: 'Prospect URL' },
}

/** What the administrator adds. */
export const addedObjects = {
  Lead: { fields },
  Contact: { fields },
  Task: {
    fields: {
      Prospect_Activity_Key__c: {
        type: 'text',
        length: 64,
        externalId: true,
        unique: true,
        caseSensitive: true,
      },
    } satisfies Record<string, FieldOptions>,
  },
}
