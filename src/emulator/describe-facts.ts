/**
 * Describe facts: what recorded describes say of single objects and fields, and no rule gives.
 *
 * @see Recorded describes of real orgs: Account at version 48, Lead at 59, Campaign at 42, Contact and Opportunity.
 * @module
 */

/** What an object takes part in. */
export interface Features {
  readonly deepCloneable: boolean
  readonly feedEnabled: boolean
  readonly layoutable: boolean
  /** Whether it lists what was recently used. */
  readonly mruEnabled: boolean
  /** Whether it has list views, approvals and quick actions. */
  readonly hasTab: boolean
}

const MOST: Features = {
  deepCloneable: false,
  feedEnabled: false,
  layoutable: true,
  mruEnabled: true,
  hasTab: true,
}

const FEATURES: Readonly<Record<string, Partial<Features>>> = {
  Account: { feedEnabled: true },
  Campaign: { deepCloneable: true },
  CampaignMember: { mruEnabled: false, hasTab: false },
  CampaignMemberStatus: { layoutable: false, mruEnabled: false, hasTab: false },
  Contact: { feedEnabled: true },
  Lead: { feedEnabled: true },
  Opportunity: { deepCloneable: true, feedEnabled: true },
  Organization: { layoutable: false, mruEnabled: false, hasTab: false },
  User: { feedEnabled: true, hasTab: false },
}

export function featuresOf(object: string): Features {
  return { ...MOST, ...(Object.hasOwn(FEATURES, object) && FEATURES[object]) }
}

/** Facts of a field that differ from what its kind would say. */
export type FieldFacts = Readonly<Record<string, string | number | boolean>>

const PERMISSIONABLE: FieldFacts = { permissionable: true }
const NOT_PERMISSIONABLE: FieldFacts = { permissionable: false }
const PREFILTERABLE: FieldFacts = { searchPrefilterable: true }

/** Opt-outs are hidden by field-level security in the recorded orgs: it may be set for them. */
const PERSON: Readonly<Record<string, FieldFacts>> = {
  DoNotCall: PERMISSIONABLE,
  EmailBouncedDate: NOT_PERMISSIONABLE,
  EmailBouncedReason: NOT_PERMISSIONABLE,
  HasOptedOutOfEmail: PERMISSIONABLE,
  HasOptedOutOfFax: PERMISSIONABLE,
  JigsawContactId: { relationshipName: 'JigsawContact' },
}

const FIELDS: Readonly<Record<string, Readonly<Record<string, FieldFacts>>>> = {
  Account: {
    ChannelProgramLevelName: { aggregatable: true },
    ChannelProgramName: { aggregatable: true },
    JigsawCompanyId: { relationshipName: 'JigsawCompany' },
    Name: { compoundFieldName: 'Name' },
    ParentId: PREFILTERABLE,
    Primary_Contact__c: PREFILTERABLE,
  },
  Campaign: {
    AmountAllOpportunities: PERMISSIONABLE,
    AmountWonOpportunities: PERMISSIONABLE,
    IsActive: PERMISSIONABLE,
    NumberOfContacts: PERMISSIONABLE,
    NumberOfConvertedLeads: PERMISSIONABLE,
    NumberOfLeads: PERMISSIONABLE,
    NumberOfOpportunities: PERMISSIONABLE,
    NumberOfResponses: PERMISSIONABLE,
    NumberOfWonOpportunities: PERMISSIONABLE,
    ParentId: PREFILTERABLE,
  },
  Contact: { ...PERSON, AccountId: PREFILTERABLE, ReportsToId: PREFILTERABLE },
  Lead: {
    ...PERSON,
    ConvertedAccountId: PREFILTERABLE,
    ConvertedContactId: PREFILTERABLE,
    ConvertedOpportunityId: PREFILTERABLE,
  },
  Opportunity: {
    AccountId: PREFILTERABLE,
    CampaignId: PREFILTERABLE,
    ContactId: NOT_PERMISSIONABLE,
    ExpectedRevenue: PERMISSIONABLE,
    Fiscal: { byteLength: 6 },
    ForecastCategoryName: NOT_PERMISSIONABLE,
    IsPrivate: PERMISSIONABLE,
  },
}

export function ownFacts(object: string, field: string): FieldFacts {
  const facts = Object.hasOwn(FIELDS, object) ? FIELDS[object] : undefined
  return facts !== undefined && Object.hasOwn(facts, field) ? (facts[field] ?? {}) : {}
}
