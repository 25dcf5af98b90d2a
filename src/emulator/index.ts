/**
 * The emulator: a Salesforce org on loopback, for development and tests.
 *
 * @module
 */
export type { CallLogEntry, SubrequestEntry } from './call-log.ts'
export type { FieldOptions, ObjectOptions } from './custom-schema.ts'
export type { FieldValue } from './field.ts'
export type { ConvertedLead } from './lead-conversion.ts'
export type { Credentials } from './oauth.ts'
export { createOrg, type Org, type OrgOptions, type OrgRecord, type RecordFields } from './org.ts'
export type { OrgRequest, OrgResponse } from './request.ts'
export type { AssignmentRule } from './save.ts'
export { type Emulator, type EmulatorOptions, startEmulator } from './server.ts'
