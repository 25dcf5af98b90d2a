import type { CrmChange } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import { ChangeReader } from '../src/change-reader.ts'

const change = (changeId: string) => ({ changeId }) as CrmChange

async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise.then(() => false), Promise.resolve(true)])) === true
}

describe('ChangeReader', () => {
  it('has a change taken only when the next one is asked for', async () => {
    const reader = new ChangeReader(() => {})
    const taken = reader.offer(change('a'))
    expect(await reader.next()).toEqual({ done: false, value: change('a') })
    expect(reader.lags).toBe(true)
    expect(await isOpen(taken)).toBe(true)
    const next = reader.next()
    await taken
    expect(reader.lags).toBe(false)
    void reader.offer(change('b'))
    expect((await next).value).toEqual(change('b'))
  })

  it('answers those who ask at once in order', async () => {
    const reader = new ChangeReader(() => {})
    const asked = [reader.next(), reader.next()]
    void reader.offer(change('a'))
    void reader.offer(change('b'))
    const values = (await Promise.all(asked)).map(({ value }) => value?.changeId)
    expect(values).toEqual(['a', 'b'])
  })

  it('leaves nobody waiting when it ends, on either side', async () => {
    let ended = 0
    const reader = new ChangeReader(() => {
      ended += 1
    })
    const offered = reader.offer(change('a'))
    await reader.return()
    await offered
    await reader.offer(change('b'))
    expect(await reader.next()).toEqual({ done: true, value: undefined })
    const other = new ChangeReader(() => {})
    const asked = other.next()
    other.end()
    expect((await asked).done).toBe(true)
    expect(ended).toBe(1)
  })

  it('is ended when it lags too far behind, and says so', async () => {
    const reader = new ChangeReader(() => {})
    for (let index = 0; index <= 10_000; index++) void reader.offer(change(`${index}`))
    await expect(reader.next()).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' })
    expect((await reader.next()).done).toBe(true)
  })
})
