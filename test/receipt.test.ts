import { type Outcome, SyncError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { PendingReceipt } from '../src/receipt.ts'

const synced: Outcome = {
  status: 'synced',
  records: [],
  batchId: 'batch-1',
  callIds: ['call-1'],
  attempts: 1,
  callShare: 1,
}
const skipped: Outcome = { status: 'skipped', reason: 'unchanged' }
const error = new SyncError('ERR_RECORD', 'refused', { remedy: 'none' })
const failed: Outcome = { status: 'failed', error }
const undelivered: Outcome = { status: 'undelivered', reason: 'closed', mayHaveBeenSent: false }

describe('PendingReceipt', () => {
  it('is not a promise: awaiting it gives it back at once', async () => {
    const receipt = new PendingReceipt('t-1')
    expect(await receipt).toBe(receipt)
    expect(receipt.triggerId).toBe('t-1')
  })

  it('is accepted at once in memory, and when its outbox says so otherwise', async () => {
    await expect(new PendingReceipt('t').accepted()).resolves.toBeUndefined()
    const { promise, resolve } = Promise.withResolvers<void>()
    const receipt = new PendingReceipt('t', promise)
    expect(receipt.accepted()).toBe(receipt.accepted())
    resolve()
    await expect(receipt.accepted()).resolves.toBeUndefined()
  })

  it.each([synced, skipped, failed, undelivered])(
    'settles with $status, asked before or after',
    async outcome => {
      const receipt = new PendingReceipt('t')
      const before = receipt.settled()
      receipt.settle(outcome)
      expect(await before).toBe(outcome)
      expect(await receipt.settled()).toBe(outcome)
    },
  )

  it('the first outcome stands', async () => {
    const receipt = new PendingReceipt('t')
    receipt.settle(skipped)
    receipt.settle(failed)
    expect(await receipt.settled()).toBe(skipped)
  })

  it('everybody who asks gets one promise', () => {
    const receipt = new PendingReceipt('t')
    expect(receipt.settled()).toBe(receipt.settled())
  })

  it.each([synced, skipped])('is synced when $status', async outcome => {
    const receipt = new PendingReceipt('t')
    const before = receipt.synced()
    receipt.settle(outcome)
    expect(await before).toBe(outcome)
  })

  it('synced rejects with the error of a failure', async () => {
    const receipt = new PendingReceipt('t')
    receipt.settle(failed)
    await expect(receipt.synced()).rejects.toBe(error)
  })

  it('synced rejects when the client was closed first', async () => {
    const receipt = new PendingReceipt('t')
    receipt.settle(undelivered)
    await expect(receipt.synced()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('a failure that nobody asks for is no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const receipt = new PendingReceipt('t')
    await Promise.all([receipt.accepted()])
    receipt.settle(failed)
    expect(await receipt.settled()).toBe(failed)
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})
