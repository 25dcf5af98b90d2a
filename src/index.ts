/**
 * prospect-sync: prospects reach Salesforce in 200-record batches.
 *
 * @module
 */

export type { BudgetOptions } from './budget.ts'
export type {
  Allocation,
  Call,
  CallReply,
  ChangesPart,
  DescribePart,
  FieldDescription,
  Identity,
  IdentityPart,
  LimitsPart,
  LookupPart,
  ObjectDescription,
  Part,
  PartKind,
  PartReply,
  RequestInfo,
  UsageReading,
  WritePart,
} from './call.ts'
export { type Health, SyncClient, type SyncedProspect } from './client.ts'
export type { Clock, ScheduleOptions } from './clock.ts'
export type { NewProspect } from './creation.ts'
export type {
  CrmChange,
  CrmChangeKind,
  Oscillation,
  PulledObject,
  ScopedRecord,
} from './crm-change.ts'
export {
  type CallOutcome,
  ClosedError,
  ConfigError,
  InvalidTriggerError,
  QueueFullError,
  SyncError,
  type SyncErrorCode,
  type SyncErrorDetails,
  TransportError,
  type TransportErrorDetails,
} from './errors.ts'
export type { HoldReason, Listener, SyncEvents } from './events.ts'
export {
  type BlankPolicy,
  type ConsentRule,
  type FieldConflict,
  type FieldHistory,
  type FieldRule,
  fieldHistoryTracking,
  type OwnerRule,
  type RuleOptions,
} from './field-rules.ts'
export type { FlushReport } from './flush.ts'
export type { BudgetReport } from './gate.ts'
export type { CloseReport, Stats } from './holdings.ts'
export type { ImportOptions, ImportProgress, ImportReport } from './import.ts'
export {
  type DefaultMapping,
  defaultMapping,
  type FieldsOf,
  type FieldTarget,
  type FieldType,
  type Mapping,
} from './mapping.ts'
export type { CandidateVerdict, MatchExplanation, MatchStep } from './match-explanation.ts'
export type { MatchOptions, MatchStrategy } from './match-strategy.ts'
export type { MembershipOptions } from './member-status.ts'
export type { MetadataReport } from './metadata.ts'
export type {
  FieldProperty,
  FieldPropertyChange,
  MetadataChange,
  ObjectProperty,
  ObjectPropertyChange,
} from './metadata-change.ts'
export type {
  ActivityOptions,
  CreateOptions,
  PullOptions,
  SyncClientOptions,
} from './options.ts'
export type { OutboxState } from './outbox.ts'
export type {
  Assignment,
  Failed,
  FieldNotes,
  Followed,
  Hop,
  KeptBy,
  KeptField,
  Outcome,
  OwnerFault,
  Skipped,
  SkipReason,
  SyncErrorEntry,
  SyncErrorGroup,
  Synced,
  SyncedRecord,
  Undelivered,
} from './outcome.ts'
export type { OwnerOptions } from './owner.ts'
export type { ParkedChanges, ParkedFilter, ParkedRecord } from './parked-changes.ts'
export { presets } from './presets.ts'
export type { ProspectRef } from './prospect.ts'
export type { PullReport } from './pull.ts'
export type { Quote } from './quote.ts'
export type { Receipt } from './receipt.ts'
export {
  objectOfId,
  type ProspectObject,
  type RecordResult,
  type RecordWrite,
  type Row,
  type SalesforceError,
  toId18,
  type WireFields,
  type WireValue,
} from './record.ts'
export type { RetryOptions } from './retry.ts'
export type { SyncErrorFilter, SyncErrors } from './sync-errors.ts'
export { systemClock } from './system-clock.ts'
export type { MatchCandidate, TieRule } from './tie.ts'
export type { SendContext, Transport, TransportLimits } from './transport.ts'
export {
  type EmailSend,
  type ProspectActivity,
  type ProspectCreation,
  type ProspectUpdate,
  type SystemAction,
  type TaskCreation,
  type TriggerKind,
  triggerKinds,
} from './trigger.ts'
export type { ApiUsage, CountedAs, KindUsage, LedgerEntry, UsageTotals } from './usage.ts'
export type { VerificationCheck, VerificationReport } from './verification.ts'
