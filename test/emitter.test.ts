import { describe, expect, it } from 'vitest'
import { Emitter } from '../src/emitter.ts'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))
const warning = (message: string) => ({ message })

describe('Emitter', () => {
  it('tells after the turn in which an event arose, in order', async () => {
    const emitter = new Emitter()
    const heard: string[] = []
    emitter.on('warning', ({ message }) => heard.push(message))
    emitter.emit('warning', warning('a'))
    emitter.emit('warning', warning('b'))
    expect(heard).toEqual([])
    await turn()
    expect(heard).toEqual(['a', 'b'])
  })

  it('tells every listener of an event, and no other', async () => {
    const emitter = new Emitter()
    const heard: string[] = []
    emitter.on('warning', () => heard.push('first'))
    emitter.on('warning', () => heard.push('second'))
    emitter.on('resumed', () => heard.push('other'))
    emitter.emit('warning', warning('a'))
    await turn()
    expect(heard).toEqual(['first', 'second'])
  })

  it('knows whether anybody listens', () => {
    const emitter = new Emitter()
    expect(emitter.hears('warning')).toBe(false)
    const off = emitter.on('warning', () => {})
    expect(emitter.hears('warning')).toBe(true)
    off()
    off()
    expect(emitter.hears('warning')).toBe(false)
  })

  it('who has stopped listening hears nothing more, not even what is on its way', async () => {
    const emitter = new Emitter()
    const heard: string[] = []
    const off = emitter.on('warning', ({ message }) => heard.push(message))
    emitter.emit('warning', warning('a'))
    off()
    await turn()
    expect(heard).toEqual([])
  })

  it('one function that listens twice hears twice, and stops once', async () => {
    const emitter = new Emitter()
    let heard = 0
    const listener = () => {
      heard += 1
    }
    const off = emitter.on('warning', listener)
    emitter.on('warning', listener)
    off()
    emitter.emit('warning', warning('a'))
    await turn()
    expect(heard).toBe(1)
  })

  it('payloads are frozen', async () => {
    const emitter = new Emitter()
    let payload: unknown
    emitter.on('warning', given => {
      payload = given
    })
    emitter.emit('warning', warning('a'))
    await turn()
    expect(Object.isFrozen(payload)).toBe(true)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    [
      'throws nothing at all',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
  ])('a listener that %s costs the others nothing, and is reported', async (_, wrong) => {
    const emitter = new Emitter()
    const heard: string[] = []
    const errors: string[] = []
    emitter.on('listenerError', ({ event }) => errors.push(event))
    emitter.on('warning', wrong)
    emitter.on('warning', ({ message }) => heard.push(message))
    emitter.emit('warning', warning('a'))
    emitter.emit('warning', warning('b'))
    await turn()
    expect(heard).toEqual(['a', 'b'])
    expect(errors).toEqual(['warning', 'warning'])
  })

  it('a listener of listenerError that throws is heard of by nobody, and loops never', async () => {
    const emitter = new Emitter()
    let calls = 0
    emitter.on('listenerError', () => {
      calls += 1
      throw new Error('again')
    })
    emitter.on('warning', () => {
      throw new Error('listener')
    })
    emitter.emit('warning', warning('a'))
    await turn()
    await turn()
    expect(calls).toBe(1)
  })

  it('a listener may emit, listen and stop listening', async () => {
    const emitter = new Emitter()
    const heard: string[] = []
    const off = emitter.on('warning', ({ message }) => {
      heard.push(message)
      off()
      emitter.on('resumed', () => heard.push('resumed'))
      emitter.emit('resumed', {})
      emitter.emit('warning', warning('late'))
    })
    emitter.emit('warning', warning('a'))
    emitter.emit('warning', warning('b'))
    await turn()
    expect(heard).toEqual(['a', 'resumed'])
  })
})
