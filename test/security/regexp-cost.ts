/**
 * The cost of a regular expression: whether there are texts on which a backtracking engine takes more than a number of
 * steps that grows with their length.
 *
 * It does when a text can be read in ever more ways: by one state that comes back to itself along two paths (exponential),
 * or by one that loops, goes to another and loops there, all on the same text (polynomial). Looking for a match from every
 * place of a text is one more such loop, before the expression.
 *
 * @see Weideman, van der Merwe, Berglund, Watson: Analyzing matching time behavior of backtracking regular expression matchers.
 * @module
 */

export type Cost = 'linear' | 'polynomial' | 'exponential'

/** The cost of an expression, at its worst. @throws Error for syntax it does not know. */
export function costOf(source: string, flags = ''): Cost {
  const node = new Parser(source, flags).parse()
  return new Automaton(node, source.startsWith('^') && !flags.includes('m')).cost(
    flags.includes('g'),
  )
}

// A set of characters: one bit for each of ASCII, one for blanks beyond it, one for all others.
type Characters = bigint
const BLANK = 128
const OTHER = 129
const ALL: Characters = (1n << 130n) - 1n
const bit = (code: number): Characters => {
  if (code < BLANK) return 1n << BigInt(code)
  return 1n << BigInt(/\s/.test(String.fromCodePoint(code)) ? BLANK : OTHER)
}
const BEYOND = (1n << BigInt(BLANK)) | (1n << BigInt(OTHER))
const setOf = (text: string): Characters =>
  [...text].reduce((set, character) => set | bit(character.charCodeAt(0)), 0n)
const range = (from: number, to: number): Characters => {
  let set = to >= BLANK ? BEYOND : 0n
  for (let code = from; code <= Math.min(to, BLANK - 1); code++) set |= bit(code)
  return set
}
const DIGITS = range(48, 57)
const WORDS = DIGITS | range(65, 90) | range(97, 122) | bit(95)
const SPACES = setOf(' \t\n\r\v\f\u00a0')
const LINE_ENDS = setOf('\n\r')

type Node =
  | { readonly kind: 'set'; readonly set: Characters }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }
  /** What may fail without reading anything; `end` only at the end of the text. */
  | { readonly kind: 'gate'; readonly end: boolean }

/** Repetitions beyond this many count as any number. */
const MANY = 300

class Parser {
  readonly #source: string
  readonly #flags: string
  #at = 0

  constructor(source: string, flags: string) {
    this.#source = source
    this.#flags = flags
  }

  parse(): Node {
    const node = this.#choice()
    if (this.#at < this.#source.length)
      throw new Error(`unexpected ${this.#source.slice(this.#at)}`)
    return node
  }

  #takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #choice(): Node {
    const of = [this.#sequence()]
    while (this.#takes('|')) of.push(this.#sequence())
    return { kind: 'choice', of }
  }

  #sequence(): Node {
    const of: Node[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      of.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', of }
  }

  #repeated(of: Node): Node {
    const [whole, sign, from, comma, to] =
      /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at)) ?? []
    if (whole === undefined) return of
    this.#at += whole.length
    if (sign !== undefined) {
      return { kind: 'repeat', of, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    }
    const min = Number(from)
    if (comma === '') return { kind: 'repeat', of, min, max: min }
    return { kind: 'repeat', of, min, max: to === '' ? Infinity : Number(to) }
  }

  #atom(): Node {
    if (this.#takes('(')) return this.#group()
    if (this.#takes('[')) return { kind: 'set', set: this.#folded(this.#characterClass()) }
    if (this.#takes('^')) return { kind: 'gate', end: false }
    if (this.#takes('$')) return { kind: 'gate', end: !this.#flags.includes('m') }
    if (this.#takes('.')) {
      return { kind: 'set', set: this.#flags.includes('s') ? ALL : ALL & ~LINE_ENDS }
    }
    if (this.#takes('\\b') || this.#takes('\\B')) return { kind: 'gate', end: false }
    const set = this.#takes('\\') ? this.#escape() : bit(this.#source.codePointAt(this.#at++) ?? 0)
    return { kind: 'set', set: this.#folded(set) }
  }

  #group(): Node {
    const assertion = ['?=', '?!', '?<=', '?<!'].some(sign => this.#takes(sign))
    const named = /^\?<\w+>/.exec(this.#source.slice(this.#at))?.[0]
    if (!assertion && !this.#takes('?:') && named !== undefined) this.#at += named.length
    const of = this.#choice()
    if (!this.#takes(')')) throw new Error('a group is not closed')
    return assertion ? { kind: 'gate', end: false } : of
  }

  #characterClass(): Characters {
    const negated = this.#takes('^')
    let set = 0n
    while (!this.#takes(']')) {
      const from = this.#member()
      const isRange = this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']'
      if (!isRange) {
        set |= from.set
        continue
      }
      this.#at++
      set |= range(from.code, this.#member().code)
    }
    return negated ? (ALL & ~set) | BEYOND : set
  }

  #member(): { set: Characters; code: number } {
    const start = this.#at
    if (!this.#takes('\\')) {
      const code = this.#source.codePointAt(this.#at) ?? 0
      this.#at += code > 0xffff ? 2 : 1
      return { set: bit(code), code }
    }
    if (this.#takes('b')) return { set: bit(8), code: 8 }
    const set = this.#escape()
    const text = this.#source.slice(start, this.#at)
    const hex = /^\\(?:u|x)([0-9a-fA-F]+)$/.exec(text)?.[1]
    if (hex !== undefined) return { set, code: Number.parseInt(hex, 16) }
    const named: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, v: 11, '0': 0 }
    return { set, code: named[text[1] ?? ''] ?? text.charCodeAt(1) }
  }

  #escape(): Characters {
    const character = this.#source[this.#at++] ?? ''
    switch (character) {
      case 'd':
        return DIGITS
      case 'D':
        return ALL & ~DIGITS
      case 'w':
        return WORDS
      case 'W':
        return ALL & ~WORDS
      case 's':
        return SPACES
      case 'S':
        return ALL & ~SPACES
      case 'n':
        return bit(10)
      case 'r':
        return bit(13)
      case 't':
        return bit(9)
      case 'f':
        return bit(12)
      case 'v':
        return bit(11)
      case '0':
        return bit(0)
      case 'u':
      case 'x': {
        const digits = character === 'u' ? 4 : 2
        const hex = this.#source.slice(this.#at, this.#at + digits)
        this.#at += digits
        return bit(Number.parseInt(hex, 16))
      }
      case 'p': {
        // A property of Unicode: letters and digits are among what words are made of here.
        this.#at = this.#source.indexOf('}', this.#at) + 1
        return WORDS
      }
      default:
        if (/[A-Za-z1-9]/.test(character)) throw new Error(`\\${character} is not known`)
        return bit(character.charCodeAt(0))
    }
  }

  #folded(set: Characters): Characters {
    if (!this.#flags.includes('i')) return set
    let folded = set
    for (let code = 65; code <= 90; code++) {
      if ((set & (bit(code) | bit(code + 32))) !== 0n) folded |= bit(code) | bit(code + 32)
    }
    return folded
  }
}

interface Step {
  readonly to: number
  readonly gate: 'none' | 'some' | 'end'
}

interface Move {
  readonly set: Characters
  readonly to: number
  /** Whether there is more than one way to make it. */
  readonly twice: boolean
}

class Automaton {
  readonly #steps: Step[][] = []
  readonly #reads: ({ readonly set: Characters; readonly to: number } | undefined)[] = []
  readonly #matching = new Map<number, boolean>()
  readonly #start: number
  readonly #end: number
  #letters: readonly Characters[] = []

  constructor(node: Node, anchored: boolean) {
    this.#start = this.#state()
    const first = this.#state()
    this.#end = this.#state()
    this.#step(this.#start, first)
    if (!anchored) {
      // A match may begin anywhere.
      const search = this.#state()
      this.#step(this.#start, search)
      this.#reads[search] = { set: ALL, to: this.#start }
    }
    this.#add(node, first, this.#end)
  }

  #state(): number {
    this.#steps.push([])
    this.#reads.push(undefined)
    return this.#steps.length - 1
  }

  #step(from: number, to: number, gate: Step['gate'] = 'none'): void {
    this.#steps[from]?.push({ to, gate })
  }

  #add(node: Node, from: number, to: number): void {
    switch (node.kind) {
      case 'gate':
        this.#step(from, to, node.end ? 'end' : 'some')
        return
      case 'set': {
        const reading = this.#state()
        this.#step(from, reading)
        this.#reads[reading] = { set: node.set, to }
        return
      }
      case 'choice':
        for (const each of node.of) this.#add(each, from, to)
        return
      case 'sequence': {
        let at = from
        for (const each of node.of) {
          const next = this.#state()
          this.#add(each, at, next)
          at = next
        }
        this.#step(at, to)
        return
      }
      case 'repeat':
        this.#repeat(node, from, to)
    }
  }

  // Of a bounded number of repetitions, two stand for all: more make it slower by a factor, no worse.
  #repeat({ of, min, max }: Node & { kind: 'repeat' }, from: number, to: number): void {
    let at = from
    const next = (): number => {
      const after = this.#state()
      this.#add(of, at, after)
      return after
    }
    for (let count = 0; count < Math.min(min, 2); count++) at = next()
    if (max > MANY) {
      const loop = this.#state()
      this.#step(at, loop)
      const body = this.#state()
      this.#add(of, loop, body)
      this.#step(body, loop)
      this.#step(loop, to)
      return
    }
    for (let count = 0; count < Math.min(max - min, 2); count++) {
      this.#step(at, to)
      at = next()
    }
    this.#step(at, to)
  }

  /**
   * What an engine reads is one way, the one that it ends up with, and what it tries in vain beside it: nothing of the latter
   * passes a state that leads to a match whatever follows. Many readings in vain cost, and one from ever more places of the way.
   */
  cost(isGlobal: boolean): Cost {
    const inVain = this.#moves(true)
    if (isAmbiguous(inVain, cyclesOf(inVain))) return 'exponential'
    if (isRepeatedTwice(this.#movesBesideTheWay(inVain), inVain, this.#steps.length)) {
      return 'polynomial'
    }
    return isGlobal && this.#readsOnInVain() ? 'polynomial' : 'linear'
  }

  /** Those in vain, and those of the way, whose states have numbers of their own: from each the engine may leave it. */
  #movesBesideTheWay(inVain: Moves): Moves {
    const onTheWay = this.#steps.length
    const moves = new Map(inVain)
    for (const [state, own] of this.#moves(false)) {
      moves.set(
        state + onTheWay,
        own.flatMap(move => [
          { ...move, to: move.to + onTheWay },
          ...(inVain.has(move.to) ? [move] : []),
        ]),
      )
    }
    return moves
  }

  /** Whether what matches already may read on without end, and get nothing for it: from each match anew. */
  #readsOnInVain(): boolean {
    const moves = this.#moves(false)
    const cycles = cyclesOf(moves)
    const seen = new Set<number>()
    const todo = [...moves.keys()].filter(state => this.#matches(state))
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (seen.has(state)) continue
      seen.add(state)
      todo.push(...(moves.get(state) ?? []).map(({ to }) => to))
    }
    return [...seen].some(state => cycles.has(state) && !this.#matches(state))
  }

  /**
   * By state: which characters lead where.
   *
   * @param inVain - Leave out states that lead to a match, whatever follows.
   */
  #moves(inVain: boolean): Moves {
    const moves = new Map<number, Move[]>()
    const left = (state: number) => inVain && this.#matches(state)
    const todo = inVain ? [...this.#steps.keys()] : [this.#start]
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (moves.has(state) || left(state)) continue
      const own: Move[] = []
      moves.set(state, own)
      for (const [reader, ways] of this.#waysFrom(state)) {
        const read = this.#reads[reader]
        if (read === undefined || left(read.to)) continue
        own.push({ ...read, twice: ways > 1 })
        todo.push(read.to)
      }
    }
    return moves
  }

  /** Whether a state leads to a match, whatever is read from there on. */
  #matches(state: number): boolean {
    let known = this.#matching.get(state)
    if (known === undefined) {
      known = this.#isUniversal(state)
      this.#matching.set(state, known)
    }
    return known
  }

  #isUniversal(state: number): boolean {
    const seen = new Set<string>()
    const todo = [this.#closure([state], false)]
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (at.has(this.#end)) continue
      const name = [...at].sort((a, b) => a - b).join()
      if (seen.has(name)) continue
      seen.add(name)
      if (seen.size > 500 || !this.#closure(at, true).has(this.#end)) return false
      for (const set of this.#alphabet) {
        const next = [...at].flatMap(each => {
          const read = this.#reads[each]
          return read !== undefined && (read.set & set) !== 0n ? [read.to] : []
        })
        todo.push(this.#closure(next, false))
      }
    }
    return true
  }

  /** Sets of characters that no read tells apart. */
  get #alphabet(): readonly Characters[] {
    if (this.#letters.length > 0) return this.#letters
    let parts: Characters[] = [ALL]
    for (const read of this.#reads) {
      if (read === undefined) continue
      parts = parts.flatMap(part => [part & read.set, part & ~read.set].filter(each => each !== 0n))
    }
    this.#letters = parts
    return parts
  }

  #closure(states: Iterable<number>, throughEnd: boolean): Set<number> {
    const seen = new Set<number>()
    const todo = [...states]
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      for (const { to, gate } of this.#steps[at] ?? []) {
        if (gate === 'none' || (gate === 'end' && throughEnd)) todo.push(to)
      }
    }
    return seen
  }

  /** The states that read, and in how many ways each is reached without reading: one, or more. */
  #waysFrom(state: number): ReadonlyMap<number, number> {
    const ways = new Map<number, number>()
    // Each step once on a way, a state more often: out of one loop and into it again by way of an outer one.
    const trail = new Set<Step>()
    let budget = 20_000
    const visit = (at: number): void => {
      if (budget-- < 0) return
      if (this.#reads[at] !== undefined) ways.set(at, (ways.get(at) ?? 0) + 1)
      for (const step of this.#steps[at] ?? []) {
        if (trail.has(step)) continue
        trail.add(step)
        visit(step.to)
        trail.delete(step)
      }
    }
    visit(state)
    return ways
  }
}

type Moves = ReadonlyMap<number, readonly Move[]>

/** For each state on a cycle, the number of the cycle. */
function cyclesOf(moves: Moves): ReadonlyMap<number, number> {
  const reach = new Map<number, Set<number>>()
  for (const state of moves.keys()) {
    const seen = new Set<number>()
    const todo = [...(moves.get(state) ?? [])]
    for (let move = todo.pop(); move !== undefined; move = todo.pop()) {
      if (seen.has(move.to)) continue
      seen.add(move.to)
      todo.push(...(moves.get(move.to) ?? []))
    }
    reach.set(state, seen)
  }
  const cycles = new Map<number, number>()
  for (const state of moves.keys()) {
    if (!reach.get(state)?.has(state)) continue
    const twin = [...cycles.keys()].find(
      other => reach.get(state)?.has(other) && reach.get(other)?.has(state),
    )
    cycles.set(state, twin === undefined ? state : (cycles.get(twin) ?? twin))
  }
  return cycles
}

/** Whether a state comes back to itself along two paths on one text. */
function isAmbiguous(moves: Moves, cycles: ReadonlyMap<number, number>): boolean {
  for (const [state, cycle] of cycles) {
    for (const { to, twice } of moves.get(state) ?? []) {
      if (twice && cycles.get(to) === cycle) return true
    }
    const inCycle = (at: number) => cycles.get(at) === cycle
    const parted = (at: readonly number[]) => at[0] !== at[1]
    const reached = walk(moves, [state, state], at => at.every(inCycle))
    for (const at of reached.filter(parted)) {
      const back = walk(moves, at, next => next.every(inCycle))
      if (back.some(next => next.every(each => each === state))) return true
    }
  }
  return false
}

/**
 * Whether a text leads from a loop to itself, to another one in vain, and from there to itself.
 *
 * @param onTheWay - The number of the first state on the way: what is read from it leads to a match, so it is not read in vain
 * at the same place of the text.
 */
function isRepeatedTwice(moves: Moves, inVain: Moves, onTheWay: number): boolean {
  const cycles = cyclesOf(moves)
  for (const [p, first] of cycles) {
    for (const [q, second] of cycles) {
      if (p === q || !inVain.has(q)) continue
      const reached = walk(
        moves,
        [p, p, q],
        ([a = -1, b, c = -1]) =>
          cycles.get(a) === first &&
          cycles.get(c) === second &&
          a - onTheWay !== b &&
          a - onTheWay !== c,
      )
      if (reached.some(([a, b, c]) => a === p && b === q && c === q)) return true
    }
  }
  return false
}

/** Every tuple of states that one text leads to, from a tuple. */
function walk(
  moves: Moves,
  from: readonly number[],
  within: (at: readonly number[]) => boolean,
): (readonly number[])[] {
  const seen = new Map<string, readonly number[]>()
  const todo = [from]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    for (const next of stepsOf(moves, at)) {
      const name = next.join()
      if (seen.has(name) || !within(next)) continue
      seen.set(name, next)
      todo.push(next)
    }
  }
  return [...seen.values()]
}

function stepsOf(moves: Moves, at: readonly number[]): (readonly number[])[] {
  let partial: { to: number[]; set: Characters }[] = [{ to: [], set: ALL }]
  for (const state of at) {
    partial = partial.flatMap(({ to, set }) =>
      (moves.get(state) ?? []).flatMap(move => {
        const common = set & move.set
        return common === 0n ? [] : [{ to: [...to, move.to], set: common }]
      }),
    )
  }
  return partial.map(({ to }) => to)
}
