/**
 * The choices that standard picklists of several objects share.
 *
 * @see Recorded describes of a developer org, API version 59.
 * @module
 */

export const salutations = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.'] as const

export const leadSources = [
  'Web',
  'Phone Inquiry',
  'Partner Referral',
  'Purchased List',
  'Other',
] as const

export const ratings = ['Hot', 'Warm', 'Cold'] as const

// biome-ignore format: one list, read as a paragraph
export const industries = [
  'Agriculture', 'Apparel', 'Banking', 'Biotechnology', 'Chemicals', 'Communications', 'Construction', 'Consulting',
  'Education', 'Electronics', 'Energy', 'Engineering', 'Entertainment', 'Environmental', 'Finance', 'Food & Beverage',
  'Government', 'Healthcare', 'Hospitality', 'Insurance', 'Machinery', 'Manufacturing', 'Media', 'Not For Profit',
  'Recreation', 'Retail', 'Shipping', 'Technology', 'Telecommunications', 'Transportation', 'Utilities', 'Other',
] as const

// biome-ignore format: one list, read as a paragraph
export const geocodeAccuracies = [
  'Address', 'NearAddress', 'Block', 'Street', 'ExtendedZip', 'Zip', 'Neighborhood', 'City', 'County', 'State', 'Unknown',
] as const

export const cleanStatuses = [
  ['Matched', 'In Sync'],
  'Different',
  ['Acknowledged', 'Reviewed'],
  ['NotFound', 'Not Found'],
  'Inactive',
  ['Pending', 'Not Compared'],
  ['SelectMatch', 'Select Match'],
  'Skipped',
] as const
