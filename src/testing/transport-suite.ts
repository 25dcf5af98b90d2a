/**
 * Transport suite: what every transport must do, whatever it sends to.
 *
 * @module
 */
import { bench, type SuiteTest, type TransportHarness } from './transport-harness.ts'
import { readingTests } from './transport-suite-reading.ts'
import { writingTests } from './transport-suite-writing.ts'

/** What a test runner offers: vitest's, node:test's, mocha's. */
export interface SuiteRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}

/**
 * Registers the tests that prove a transport.
 *
 * Which of them apply is read from `limits.carries`: a test of a kind of part that is not carried says so in its name and passes.
 *
 * @param make - Gives a fresh transport and its far end, for each test.
 * @example
 * transportSuite({ describe, it }, () => ({ transport, received: () => records, failNext: kind => { … } }))
 */
export function transportSuite(
  { describe, it }: SuiteRunner,
  make: () => TransportHarness | Promise<TransportHarness>,
): void {
  const test: SuiteTest = (name, needs, body) => {
    it(`${name} (where it carries ${needs} parts)`, async () => {
      const harness = await make()
      try {
        if (harness.transport.limits.carries.includes(needs)) await body(bench(harness))
      } finally {
        await harness.close?.()
        await harness.transport.close?.()
      }
    })
  }
  describe('a transport', () => {
    writingTests(test)
    readingTests(test)
  })
}
