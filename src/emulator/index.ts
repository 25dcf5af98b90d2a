/**
 * The emulator: a Salesforce org on loopback, for development and tests.
 *
 * @module
 */
export type { CallLogEntry, SubrequestEntry } from './call-log.ts'
export { callTable } from './call-table.ts'
export type { FieldOptions, ObjectOptions } from './custom-schema.ts'
export type { DuplicateRule } from './duplicate-rule.ts'
export type {
  Fault,
  FaultName,
  FaultPlan,
  FaultRequest,
  MetFault,
  PlannedFault,
} from './fault-plan.ts'
export type { FieldValue } from './field.ts'
export type { Access } from './field-access.ts'
export type { ConvertedLead } from './lead-conversion.ts'
export type { Credentials } from './oauth-context.ts'
export { createOrg, type Org } from './org.ts'
export type { FaultOptions, OrgOptions, RuleOptions } from './org-options.ts'
export type { OrgRecord, RecordFields } from './org-records.ts'
export type { OrgRequest, OrgResponse, WireFault } from './request.ts'
export type { AssignmentRule } from './save.ts'
export type { Seeded, SeedOptions, SeedProgress, SeedSource } from './seed.ts'
export { type Emulator, type EmulatorOptions, startEmulator } from './server.ts'
export type { OrgSnapshot, TableSnapshot } from './snapshot.ts'
export type { Latency, OrgMode } from './traffic.ts'
export type {
  FieldValues,
  Trigger,
  TriggerRecord,
  ValidationError,
  ValidationRule,
} from './trigger.ts'
