/**
 * A TCP proxy that fails: real sockets between a client and an org, and what can happen to them. Its time is a clock that a
 * test moves, its chance that clock's seed; nothing in it sleeps.
 *
 * The set is toxiproxy's (latency, bandwidth, slow close, timeout, reset, slicer, limit), and what that lacks: a commit whose
 * answer is lost, a request delivered twice or late, the answer to another request, a connection that one side has forgotten.
 *
 * @module
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from 'prospect-sync'
import { Frames, untilClose, withHeader } from './http-frames.ts'

/** What happens to one request. */
export type ProxyFault =
  /** The answer comes after a while, more or less. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs: number }
  /** So many bytes of the answer come at a time, one time each second. */
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** The answer ends with its connection, and that ends late. */
  | { readonly kind: 'slowClose'; readonly ms: number }
  /** The answer comes in pieces of so many bytes, each in a packet of its own. */
  | { readonly kind: 'slice'; readonly bytes: number }
  /** Nothing comes back. `commits`: the org got the request. */
  | { readonly kind: 'silence'; readonly commits: boolean }
  /** The connection is reset when so many bytes of the request have come; those have reached the org. */
  | { readonly kind: 'resetRequest'; readonly atByte: number }
  /** The org does its work, and the connection is reset after so many bytes of its answer; a fraction is one of the whole. */
  | { readonly kind: 'resetReply'; readonly atByte: number }
  /** The org does its work, and the connection ends in good order after so many bytes of its answer. */
  | { readonly kind: 'limit'; readonly atByte: number }
  /** The org gets the request twice; the answer is the second one's. */
  | { readonly kind: 'duplicate' }
  /** The org gets the request after a while, whether or not anybody still waits. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The org does its work; the answer is the one to the request before. */
  | { readonly kind: 'mixUp' }
  /** The answer comes, and the connection is forgotten: what comes over it next is reset, or goes nowhere. */
  | { readonly kind: 'halfOpen'; readonly then: 'reset' | 'silence' }
  /** The bytes of the request are not read for a while; then they are, and nothing comes of it. */
  | { readonly kind: 'stall'; readonly ms: number }
  /** The answer is of another day. */
  | { readonly kind: 'date'; readonly date: string }

/** Chooses what happens to a request, by what has come of it first. */
export type Chooser = (start: string, number: number) => ProxyFault | undefined

/** A proxy before an org. */
export class FaultProxy implements AsyncDisposable {
  readonly #target: number
  readonly #clock: Clock
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #choose: Chooser = () => undefined
  #requests = 0
  #lastReply: Buffer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]')
  #port = 0
  /** Requests that wait for the clock to be moved, or for nothing any more. */
  held = 0
  /** Requests that have yet to reach the org. */
  late = 0
  /** Requests that never reached the org, and those that reached it once more than they were sent. */
  swallowed = 0
  repeated = 0
  /** Faults that happened, in order. */
  readonly met: ProxyFault[] = []

  private constructor(target: number, clock: Clock) {
    this.#target = target
    this.#clock = clock
    this.#server = createServer(socket => this.#serve(socket))
  }

  static async before(url: string, clock: Clock): Promise<FaultProxy> {
    const proxy = new FaultProxy(Number(new URL(url).port), clock)
    await proxy.plugIn()
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Says what happens to requests from now on. */
  choose(choose: Chooser): void {
    this.#choose = choose
  }

  /** Takes connections, at the same port as before. */
  async plugIn(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Refuses connections. */
  async unplug(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.unplug()
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(client: Socket): void {
    this.#keep(client)
    const frames = new Frames()
    let fault: ProxyFault | undefined
    let begun = false
    let forgotten: 'reset' | 'silence' | undefined
    client.on('data', chunk => {
      if (forgotten !== undefined) {
        if (!begun) this.swallowed += 1
        if (!begun && forgotten === 'silence') this.#hold(client)
        begun = true
        if (forgotten === 'reset') client.resetAndDestroy()
        return
      }
      frames.push(chunk)
      if (!begun) {
        begun = true
        this.#requests += 1
        fault = this.#choose(frames.whole().toString('latin1'), this.#requests)
        if (fault !== undefined) this.met.push(fault)
        if (fault?.kind === 'stall') {
          client.pause()
          this.swallowed += 1
          this.#hold(client)
          // A socket that is not read does not tell of its end either.
          this.#clock.schedule(() => client.resume(), fault.ms)
        }
      }
      if (fault?.kind === 'stall') return
      if (fault?.kind === 'resetRequest' && frames.length >= fault.atByte) {
        this.swallowed += 1
        this.#forwardPart(frames.whole().subarray(0, fault.atByte), () => client.resetAndDestroy())
        fault = { kind: 'stall', ms: 0 }
        return
      }
      const request = frames.take()
      if (request === undefined) return
      const own = fault
      begun = false
      fault = undefined
      if (own?.kind === 'halfOpen') forgotten = own.then
      this.#carry(request, own, client).catch(() => client.destroy())
    })
  }

  async #carry(request: Buffer, fault: ProxyFault | undefined, client: Socket): Promise<void> {
    switch (fault?.kind) {
      case 'silence':
        if (fault.commits) this.#lastReply = await this.#ask(request)
        else this.swallowed += 1
        this.#hold(client)
        return
      case 'late':
        this.#hold(client)
        this.late += 1
        this.#clock.schedule(async () => {
          await this.#ask(request)
          this.late -= 1
        }, fault.ms)
        return
      case 'duplicate':
        await this.#ask(request)
        this.repeated += 1
    }
    const before = this.#lastReply
    const reply = await this.#ask(request)
    this.#lastReply = reply
    switch (fault?.kind) {
      case 'latency':
        await this.#wait(fault.ms + fault.jitterMs * (this.#clock.random() - 0.5), client)
        break
      case 'bandwidth':
        for (let at = 0; at < reply.length && !client.destroyed; at += fault.bytesPerSecond) {
          client.write(reply.subarray(at, at + fault.bytesPerSecond))
          await this.#wait(1_000, client)
        }
        return
      case 'slowClose':
        client.write(untilClose(reply))
        await this.#wait(fault.ms, client)
        client.end()
        return
      case 'slice':
        client.setNoDelay(true)
        for (let at = 0; at < reply.length && !client.destroyed; at += fault.bytes) {
          await new Promise(resolve => client.write(reply.subarray(at, at + fault.bytes), resolve))
          await new Promise(resolve => setImmediate(resolve))
        }
        return
      case 'resetReply':
        this.#part(client, reply, fault.atByte, () => client.resetAndDestroy())
        return
      case 'limit':
        this.#part(client, reply, fault.atByte, () => client.end())
        return
      case 'mixUp':
        client.write(before)
        return
      case 'date':
        client.write(withHeader(reply, 'Date', fault.date))
        return
    }
    client.write(reply)
  }

  #part(client: Socket, reply: Buffer, atByte: number, end: () => void): void {
    const bytes = atByte > 0 && atByte < 1 ? Math.floor(reply.length * atByte) : atByte
    if (bytes === 0) end()
    else client.write(reply.subarray(0, bytes), end)
  }

  /** The org's answer to a request, over a connection of its own. */
  #ask(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket = this.#keep(connect(this.#target, '127.0.0.1'))
      const frames = new Frames()
      socket.on('data', chunk => {
        frames.push(chunk)
        const reply = frames.take()
        if (reply === undefined) return
        resolve(reply)
        socket.destroy()
      })
      socket.on('close', () => reject(new Error('the org closed the connection')))
      socket.write(request)
    })
  }

  /** A request that breaks off: the org sees its beginning, and the end of the connection. */
  #forwardPart(part: Buffer, then: () => void): void {
    if (part.length === 0) {
      then()
      return
    }
    const socket = this.#keep(connect(this.#target, '127.0.0.1'))
    socket.on('close', then)
    socket.write(part, () => socket.destroy())
  }

  // Until the clock says so, or the client gives up.
  #wait(ms: number, client: Socket): Promise<void> {
    return new Promise(resolve => {
      this.held += 1
      const end = () => {
        cancel()
        client.off('close', end)
        this.held -= 1
        resolve()
      }
      const cancel = this.#clock.schedule(end, ms)
      client.once('close', end)
    })
  }

  #hold(client: Socket): void {
    this.held += 1
    client.once('close', () => {
      this.held -= 1
    })
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    return socket
  }
}
