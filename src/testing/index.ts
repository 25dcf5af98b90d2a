/**
 * `prospect-sync/testing`: a clock and a transport for the tests of an application, and what proves an implementation
 * of a seam. No test runner inside.
 *
 * @module
 */
export { ManualClock, type ManualClockOptions } from './manual-clock.ts'
export {
  type ScriptedTransport,
  type ScriptedTransportOptions,
  type ScriptStep,
  scriptedTransport,
} from './scripted-transport.ts'
export type { FailureKind, TransportHarness } from './transport-harness.ts'
export { type SuiteRunner, transportSuite } from './transport-suite.ts'
