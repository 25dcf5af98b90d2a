/**
 * Test your app: an app that writes sign-ups to Salesforce, and its own test against the emulator, faults included.
 *
 *   node examples/test-your-app.ts        after `npm run build`; the exit code tells
 *
 * @module
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PlannedFault, startEmulator } from 'prospect-sync/emulator'

/** The app: upserts a lead by a key of its own, so that trying again never makes a second one. */
async function saveSignUp(org: { url: string; token: string }, email: string): Promise<void> {
  const path = `/services/data/v62.0/sobjects/Lead/Sign_Up__c/${encodeURIComponent(email)}`
  for (let tries = 1; ; tries++) {
    const answer = await fetch(org.url + path, {
      method: 'PATCH',
      headers: { Authorization: `Bearer ${org.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ LastName: email, Company: 'unknown', Email: email }),
    }).catch(() => undefined)
    if (answer?.ok) return
    const refused = answer !== undefined && answer.status < 500
    if (refused || tries === 3) throw new Error(`${email} was not saved: ${await answer?.text()}`)
  }
}

/** An org with the app's key field, and things that are to go wrong on the way to it. */
async function start(...faults: readonly PlannedFault[]) {
  const key = { type: 'string', externalId: true, unique: true } as const
  const objects = { Lead: { fields: { Sign_Up__c: key } } }
  const emulator = await startEmulator({ objects, faults })
  return { emulator, app: { url: emulator.url, token: emulator.credentials.accessToken } }
}

test('a sign-up becomes one lead, for one call', async () => {
  const { emulator, app } = await start()
  await saveSignUp(app, 'ada@engines.example')
  assert.equal(emulator.org.records('Lead').length, 1)
  assert.equal(emulator.org.apiUsage.used, 1)
  await emulator.close()
})

test('an answer that is lost after the commit makes no second lead', async () => {
  const lost = { fault: { kind: 'reset', commits: true }, call: 1 } as const
  const { emulator, app } = await start(lost, { fault: 'html', call: 2 })
  await saveSignUp(app, 'ada@engines.example')
  assert.equal(emulator.org.records('Lead').length, 1)
  await emulator.close() // Fails when a planned fault was never met.
})

test('a duplicate rule of the org is told to whoever signs up', async () => {
  const { emulator, app } = await start()
  emulator.org.faults.plan({ fault: { kind: 'records', statusCode: 'DUPLICATES_DETECTED' } })
  await assert.rejects(saveSignUp(app, 'ada@engines.example'), /DUPLICATES_DETECTED/)
  await emulator.close()
})
