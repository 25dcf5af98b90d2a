/**
 * prospect-sync: prospects reach Salesforce in 200-record batches.
 *
 * @module
 */
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
export type { Clock, ScheduleOptions } from './clock.ts'
export {
  type CallOutcome,
  ClosedError,
  ConfigError,
  InvalidTriggerError,
  QueueFullError,
  SyncError,
  type SyncErrorCode,
  TransportError,
  type TransportErrorDetails,
} from './errors.ts'
export type { ProspectRef } from './prospect.ts'
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
export { systemClock } from './system-clock.ts'
export type { SendContext, Transport, TransportLimits } from './transport.ts'
