/**
 * The mapping: which field of Salesforce each field of the application is.
 *
 * The default is Pardot's default prospect mapping. Fields of the `pi__` package are in it as optional ones: they are
 * written only where the org has them.
 *
 * @module
 */
import type { ProspectObject } from './record.ts'

/** What a mapped field holds. */
export type FieldType = 'string' | 'number' | 'boolean' | 'date' | 'datetime'

/** Where a field of the application goes. An object that is absent has no such field: nothing is written there. */
export interface FieldTarget {
  /** API name of the field on Lead. */
  readonly Lead?: string
  /** API name of the field on Contact. */
  readonly Contact?: string
  /** What it holds. @default anything a field can hold */
  readonly type?: FieldType
  /** Longest text, in characters. Longer values are refused at the door. @default 131_072, or what the org describes */
  readonly maxLength?: number
  /** Written only where the org's description shows the field. @default false */
  readonly optional?: boolean
}

/** Fields of the application, by name. A plain string is the API name on Lead and Contact alike. */
export type Mapping = Readonly<Record<string, string | FieldTarget>>

type ValueOfType = {
  string: string
  number: number
  boolean: boolean
  date: string | Date
  datetime: string | Date
}

type ValueOf<T> = T extends { readonly type: infer K extends FieldType }
  ? ValueOfType[K]
  : string | number | boolean | Date

/**
 * Values for the fields of a mapping, three-valued: an absent field is left alone, `null` clears it, a value sets it.
 * `undefined` counts as absent.
 */
export type FieldsOf<M extends Mapping> = {
  readonly [K in keyof M]?: ValueOf<M[K]> | null | undefined
}

/**
 * Pardot's default fields.
 *
 * `company` is read-only on a Contact with an account, so it goes to Leads only. Pardot's Address One and Two are one
 * field here, `street`, as in Salesforce; join them by a line break.
 *
 * @see facts of "Default Prospect Field Mapping", Account Engagement help; lengths from Salesforce's Object Reference.
 */
export const defaultMapping = {
  salutation: { Lead: 'Salutation', Contact: 'Salutation', type: 'string', maxLength: 40 },
  firstName: { Lead: 'FirstName', Contact: 'FirstName', type: 'string', maxLength: 40 },
  lastName: { Lead: 'LastName', Contact: 'LastName', type: 'string', maxLength: 80 },
  email: { Lead: 'Email', Contact: 'Email', type: 'string', maxLength: 80 },
  company: { Lead: 'Company', type: 'string', maxLength: 255 },
  jobTitle: { Lead: 'Title', Contact: 'Title', type: 'string', maxLength: 128 },
  department: { Contact: 'Department', type: 'string', maxLength: 80 },
  website: { Lead: 'Website', type: 'string', maxLength: 255 },
  phone: { Lead: 'Phone', Contact: 'Phone', type: 'string', maxLength: 40 },
  mobilePhone: { Lead: 'MobilePhone', Contact: 'MobilePhone', type: 'string', maxLength: 40 },
  fax: { Lead: 'Fax', Contact: 'Fax', type: 'string', maxLength: 40 },
  street: { Lead: 'Street', Contact: 'MailingStreet', type: 'string', maxLength: 255 },
  city: { Lead: 'City', Contact: 'MailingCity', type: 'string', maxLength: 40 },
  state: { Lead: 'State', Contact: 'MailingState', type: 'string', maxLength: 80 },
  zip: { Lead: 'PostalCode', Contact: 'MailingPostalCode', type: 'string', maxLength: 20 },
  country: { Lead: 'Country', Contact: 'MailingCountry', type: 'string', maxLength: 80 },
  source: { Lead: 'LeadSource', Contact: 'LeadSource', type: 'string', maxLength: 255 },
  industry: { Lead: 'Industry', type: 'string', maxLength: 255 },
  annualRevenue: { Lead: 'AnnualRevenue', type: 'number' },
  employees: { Lead: 'NumberOfEmployees', type: 'number' },
  description: { Lead: 'Description', Contact: 'Description', type: 'string', maxLength: 32_000 },
  optedOut: { Lead: 'HasOptedOutOfEmail', Contact: 'HasOptedOutOfEmail', type: 'boolean' },
  doNotCall: { Lead: 'DoNotCall', Contact: 'DoNotCall', type: 'boolean' },
  campaign: {
    Lead: 'pi__campaign__c',
    Contact: 'pi__campaign__c',
    type: 'string',
    maxLength: 255,
    optional: true,
  },
  score: { Lead: 'pi__score__c', Contact: 'pi__score__c', type: 'number', optional: true },
  grade: {
    Lead: 'pi__grade__c',
    Contact: 'pi__grade__c',
    type: 'string',
    maxLength: 10,
    optional: true,
  },
  notes: { Lead: 'pi__notes__c', Contact: 'pi__notes__c', type: 'string', optional: true },
  comments: { Lead: 'pi__comments__c', Contact: 'pi__comments__c', type: 'string', optional: true },
  createdAt: {
    Lead: 'pi__created_date__c',
    Contact: 'pi__created_date__c',
    type: 'datetime',
    optional: true,
  },
  lastActivityAt: {
    Lead: 'pi__last_activity__c',
    Contact: 'pi__last_activity__c',
    type: 'datetime',
    optional: true,
  },
  prospectUrl: {
    Lead: 'pi__url__c',
    Contact: 'pi__url__c',
    type: 'string',
    maxLength: 255,
    optional: true,
  },
} as const satisfies Mapping

/** The type of {@link defaultMapping}. */
export type DefaultMapping = typeof defaultMapping

/** The API name a field has on an object, or `undefined` when it has none there. */
export function targetOf(entry: string | FieldTarget, object: ProspectObject): string | undefined {
  return typeof entry === 'string' ? entry : entry[object]
}
