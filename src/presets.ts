/**
 * Presets: ready mappings.
 *
 * @module
 */
import type { Mapping } from './mapping.ts'

const both = <const F extends string>(field: F) => ({ Lead: field, Contact: field })

/**
 * Fields of Pardot's `pi__` package beyond those of the default mapping: spread it into a mapping. They are written only
 * where the org has them, so that an org without the package costs one warning a field, not an error a record.
 *
 * @see public metadata dumps of the package, facts 1.9.
 */
export const pardotPackage = {
  firstActivityAt: { ...both('pi__first_activity__c'), type: 'datetime', optional: true },
  conversionDate: { ...both('pi__conversion_date__c'), type: 'datetime', optional: true },
  conversionObjectName: {
    ...both('pi__conversion_object_name__c'),
    type: 'string',
    maxLength: 255,
    optional: true,
  },
  conversionObjectType: {
    ...both('pi__conversion_object_type__c'),
    type: 'string',
    maxLength: 255,
    optional: true,
  },
  firstTouchUrl: { ...both('pi__first_touch_url__c'), type: 'string', optional: true },
  firstSearchTerm: {
    ...both('pi__first_search_term__c'),
    type: 'string',
    maxLength: 255,
    optional: true,
  },
  firstSearchType: {
    ...both('pi__first_search_type__c'),
    type: 'string',
    maxLength: 255,
    optional: true,
  },
  utmCampaign: { ...both('pi__utm_campaign__c'), type: 'string', maxLength: 255, optional: true },
  utmContent: { ...both('pi__utm_content__c'), type: 'string', maxLength: 255, optional: true },
  utmMedium: { ...both('pi__utm_medium__c'), type: 'string', maxLength: 255, optional: true },
  utmSource: { ...both('pi__utm_source__c'), type: 'string', maxLength: 255, optional: true },
  utmTerm: { ...both('pi__utm_term__c'), type: 'string', maxLength: 255, optional: true },
  hardBounced: { ...both('pi__pardot_hard_bounced__c'), type: 'boolean', optional: true },
} as const satisfies Mapping

/** Ready mappings, by name. */
export const presets = { pardotPackage } as const
