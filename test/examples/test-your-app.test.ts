/**
 * The example of a test with the emulator, as a person runs it: on the built package, in a process of its own.
 */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

const example = resolve(import.meta.dirname, '../../examples/test-your-app.ts')

it('the example passes', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = await new Promise<{ code: unknown; out: string }>(done => {
    execFile(process.execPath, ['--test-reporter=tap', example], { env }, (error, out) => {
      done({ code: error?.code ?? 0, out })
    })
  })
  expect(run.out).toContain('# pass 3')
  expect(run.code).toBe(0)
})
