/**
 * Presets: ready mappings and options.
 *
 * @module
 */
import { fieldHistoryTracking } from './field-rules.ts'
import type { Mapping } from './mapping.ts'
import type { SyncClientOptions } from './options.ts'

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

/** Fields that Pardot owns: its value is the one in Salesforce. Those of its package are among them. */
const pardotsOwn = {
  campaign: 'useOurs',
  score: 'useOurs',
  grade: 'useOurs',
  notes: 'useOurs',
  comments: 'useOurs',
  createdAt: 'useOurs',
  lastActivityAt: 'useOurs',
  prospectUrl: 'useOurs',
  firstActivityAt: 'useOurs',
  conversionDate: 'useOurs',
  conversionObjectName: 'useOurs',
  conversionObjectType: 'useOurs',
  firstTouchUrl: 'useOurs',
  firstSearchTerm: 'useOurs',
  firstSearchType: 'useOurs',
  utmCampaign: 'useOurs',
  utmContent: 'useOurs',
  utmMedium: 'useOurs',
  utmSource: 'useOurs',
  utmTerm: 'useOurs',
  hardBounced: 'useOurs',
} as const

/**
 * Options that behave as Pardot's connector does, where this client can: a record is created once somebody is assigned;
 * Salesforce's value wins but for the fields that Pardot owns; a value beats a blank; the newer word on e-mail counts; the owner
 * follows Salesforce; a prospect that gets another address gets another record. Of several records with one address the one with the latest activity is the prospect's, which is unconfirmed:
 * another source says the first one found. Spread it into the options; what you set beside it replaces a whole member, such as `rules`.
 *
 * @see facts 1.5 (creation), 1.6 (match), 1.7 (fields), 1.8 (whose field it is), 1.10 (opt-out), 1.11 (owner).
 */
export const pardot = {
  create: { inCrm: 'whenAssigned' },
  match: { tie: 'mostRecentActivity' },
  emailChange: 'newRecord',
  rules: {
    default: 'useCrm',
    fields: pardotsOwn,
    blanks: 'valueBeatsBlank',
    consent: { newestField: fieldHistoryTracking },
    consentFields: ['optedOut'],
    owner: 'useCrm',
  },
} as const satisfies Pick<SyncClientOptions, 'create' | 'emailChange' | 'match' | 'rules'>

/** Ready mappings and options, by name. */
export const presets = { pardotPackage, pardot } as const
