/**
 * The emitter: tells observers, and is not impressed by what they do.
 *
 * Events are handed out after the turn in which they arose, when the client's state is whole again, so that a listener
 * may call any method. One that throws or rejects is reported as `listenerError`, and costs nobody anything.
 *
 * @module
 */
import { EventEmitter } from 'eventemitter3'
import type { Listener, SyncEvents } from './events.ts'

type EventName = keyof SyncEvents

const MAX_DEPTH = 8

/** Tells observers. */
export class Emitter {
  readonly #emitter = new EventEmitter()
  #queue: { readonly event: EventName; readonly payload: unknown }[] = []

  /** Whether anybody listens to an event: what nobody hears need not be made. */
  hears(event: EventName): boolean {
    return this.#emitter.listenerCount(event) > 0
  }

  /** Listens to an event, until the returned function is called. */
  on<E extends EventName>(event: E, listener: Listener<E>): () => void {
    const guarded = (payload: SyncEvents[E]) => {
      try {
        // A listener may be async whatever its type says; nobody else would take its rejection.
        const result: unknown = listener(payload)
        if (isThenable(result)) {
          Promise.resolve(result).catch(error => this.#report(event, error))
        }
      } catch (error) {
        this.#report(event, error)
      }
    }
    this.#emitter.on(event, guarded)
    return () => {
      this.#emitter.off(event, guarded)
    }
  }

  /** Tells of an event, once the current turn of the client is over. */
  emit<E extends EventName>(event: E, payload: SyncEvents[E]): void {
    if (!this.hears(event)) return
    // What a listener threw is its own.
    this.#queue.push({ event, payload: freeze(payload, event === 'listenerError' ? 1 : MAX_DEPTH) })
    if (this.#queue.length === 1) queueMicrotask(() => this.#drain())
  }

  #drain(): void {
    const queue = this.#queue
    this.#queue = []
    for (const { event, payload } of queue) this.#emitter.emit(event, payload)
  }

  #report(event: EventName, error: unknown): void {
    if (event === 'listenerError') return
    this.emit('listenerError', { event, error })
  }
}

// A promise may be of another realm.
function isThenable(result: unknown): result is PromiseLike<unknown> {
  return typeof result === 'object' && result !== null && 'then' in result
}

// All of it: what one listener changed, the next would be told, and the client would go on with.
function freeze<T>(value: T, depth: number): T {
  if (typeof value !== 'object' || value === null || depth === 0) return value
  // Of an error of ours its lists too; what caused it may be anybody's.
  const inner = value instanceof Error ? listsOf(value) : Object.values(value)
  for (const each of inner) if (!Object.isFrozen(each)) freeze(each, depth - 1)
  return Object.freeze(value)
}

function listsOf(error: Error): unknown[] {
  return ['fields', 'recordIds'].map(name => Reflect.get(error, name))
}
