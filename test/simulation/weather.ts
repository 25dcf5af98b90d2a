/**
 * The weather: whether it storms, and what it does to each request; spells that last, and how often each kind was met.
 *
 * @module
 */
import type { Chance } from './chance.ts'
import { type Mishap, type MishapKind, mishap, mishapOf } from './mishap.ts'
import type { Scenario } from './scenario.ts'
import type { SentRequest } from './sent-request.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What lasts for a while: of each kind, the mishap that every request meets meanwhile. */
const SPELLS = {
  outage: 'connectionRefused',
  silence: 'requestLost',
  maintenance: 'gatewayPage',
  readOnlyOrg: 'readOnlyOnce',
  spentDay: 'dailyLimit',
  crowdedOrg: 'concurrentLimit',
  lockedRecords: 'lockedRows',
  // The org does these by itself.
  loginEnded: undefined,
  refusingRule: undefined,
  duplicateRule: undefined,
} as const satisfies Record<string, MishapKind | undefined>

/** What can last for a while. */
export type SpellKind = keyof typeof SPELLS

export const spellKinds = Object.keys(SPELLS) as readonly SpellKind[]

/** What can be met beside mishaps and spells. */
export type IncidentKind =
  | MishapKind
  | SpellKind
  | `human ${string}`
  | 'clockJump'
  | 'poison'
  | 'move'

/** The weather of one run. */
export class Weather {
  readonly #clock: VirtualClock
  readonly #chance: Chance
  readonly #scenario: Scenario
  readonly #met = new Map<IncidentKind, number>()
  readonly #spells = new Map<SpellKind, number>()
  isStormy = true

  constructor(clock: VirtualClock, chance: Chance, scenario: Scenario) {
    this.#clock = clock
    this.#chance = chance
    this.#scenario = scenario
  }

  /** How often each kind was met. */
  get met(): ReadonlyMap<IncidentKind, number> {
    return this.#met
  }

  meet(kind: IncidentKind): void {
    this.#met.set(kind, (this.#met.get(kind) ?? 0) + 1)
  }

  /** What lasts from now on, for so long. */
  begin(spell: SpellKind, ms: number): void {
    this.#spells.set(spell, this.#clock.now() + ms)
  }

  lasts(spell: SpellKind): boolean {
    return (this.#spells.get(spell) ?? 0) > this.#clock.now()
  }

  /** Everything is well from now on. */
  heal(): void {
    this.isStormy = false
    this.#spells.clear()
  }

  /** What becomes of a request. */
  mishapOf(request: SentRequest): Mishap | undefined {
    if (!this.isStormy) return undefined
    for (const spell of this.#spells.keys()) {
      const kind = SPELLS[spell]
      if (kind === undefined || !this.lasts(spell)) continue
      const found = mishap(kind, request, this.#chance)
      if (found === undefined) continue
      this.meet(spell)
      return found
    }
    if (!this.#chance.hit(this.#scenario.trouble)) return undefined
    const found = mishapOf(this.#scenario.mishaps, request, this.#chance)
    if (found !== undefined) this.meet(found.kind)
    return found
  }
}
