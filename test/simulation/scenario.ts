/**
 * Scenarios: what one seed stands for, written out.
 *
 * @module
 */
import type { PulledObject } from 'prospect-sync'
import { pulledObjects } from '../../src/crm-change.ts'
import { Chance } from './chance.ts'
import { type HumanKind, humanKinds } from './human.ts'
import { type MishapKind, mishapKinds } from './mishap.ts'
import { type SpellKind, spellKinds } from './weather.ts'

/** How people are named: by keys, by addresses, now by one and now by both, or by record ids. */
export type Naming = 'keys' | 'addresses' | 'both' | 'ids'

/** What callers get wrong. */
export const misdeeds = [
  'throws',
  'reenters',
  'pauses',
  'flushes',
  'pulls',
  'syncs',
  'mutates',
] as const
export type Misdeed = (typeof misdeeds)[number]

/** One run, written out. Plain data. */
export interface Scenario {
  readonly seed: number
  readonly people: number
  readonly naming: Naming
  /** How the org compares keys; `none`: it has no key field. */
  readonly keyField: 'exact' | 'folded' | 'none'
  /** Whether the client's user may see no more fields than the run is about. */
  readonly seesLittle: boolean
  /** Whether tasks have a key of their own in the org. */
  readonly taskKey: boolean
  /** Share of the people who have a record before the client is made. */
  readonly existing: number
  readonly rounds: number
  /** Triggers of one round, at most. */
  readonly burst: number
  readonly client: {
    readonly batchesPerCall: number
    readonly callsInFlight: number
    readonly maxPending: number
    readonly maxDelayMs: number
    readonly maxAttempts: number
    readonly baseMs: number
    readonly maxMs: number
    readonly activityTasks: boolean
    readonly emailLogging: boolean
    readonly inCrm: 'always' | 'whenAssigned' | 'never'
    readonly object: 'Lead' | 'Contact'
    readonly holdMs: number
    readonly shadowEntries: number
    readonly maxAgeMs: number
    readonly onUnknown: 'park' | 'retry'
    readonly lockOwners: boolean
    readonly tie: 'error' | 'oldest' | 'mostRecentActivity'
    readonly gone: 'error' | 'recreate'
    readonly emailChange: 'follow' | 'newRecord'
    /** Infinity: as many as it takes. */
    readonly callsPerDay: number
    readonly pullEveryMs: number
    readonly pullObjects: readonly PulledObject[]
  }
  readonly recordsPerBatch: number
  readonly grant: 'client_credentials' | 'refresh_token'
  readonly rotatesTokens: boolean
  /** Longest usual way there and back, in milliseconds. */
  readonly latencyMs: number
  /** Share of the requests that meet a mishap. */
  readonly trouble: number
  readonly mishaps: readonly MishapKind[]
  readonly spells: readonly SpellKind[]
  readonly humans: readonly HumanKind[]
  readonly misdeeds: readonly Misdeed[]
  readonly clockJumps: boolean
  /** Whether some values can be written to no record. */
  readonly poison: boolean
  /** Whether people get other addresses. */
  readonly moves: boolean
  /** Whether people edit in Salesforce what the application edits, and it takes what it is told. */
  readonly bothSides: boolean
  /** Whether records that are there before the client have been there for long. */
  readonly isOldOrg: boolean
  /** What a blank is worth. */
  readonly blanks: 'asIs' | 'valueBeatsBlank' | 'blankFromCrmWins'
  /** Whose value of a field wins. */
  readonly rule: 'useOurs' | 'useCrm' | 'newestRecord'
  /** How it ends: everything is healed and sent, or the client is closed in the midst of it. */
  readonly end: 'healed' | 'closed'
}

/** The scenario of a seed. */
export function scenarioOf(seed: number): Scenario {
  const chance = new Chance(seed * 2_654_435_761)
  const keyField = chance.pick(['exact', 'exact', 'folded', 'none'] as const)
  const namings = ['keys', 'keys', 'addresses', 'both', 'ids'] as const
  const naming =
    keyField === 'none' ? chance.pick(['addresses', 'both', 'ids'] as const) : chance.pick(namings)
  // Few of the runs are long: what is rare in short ones is not what they are for.
  const size = chance.weighted([
    { weight: 93, people: [1, 6], rounds: [6, 18], burst: 4 },
    { weight: 6, people: [5, 40], rounds: [8, 30], burst: 50 },
    { weight: 1, people: [100, 600], rounds: [5, 12], burst: chance.int(200, 1_000) },
  ] as const)
  if (size === undefined) throw new RangeError('no size')
  const [fewest, most] = size.people
  const [shortest, longest] = size.rounds
  // Of each table a part only: where everything goes wrong at once, nothing gets far enough to go wrong late.
  const share = chance.pick([0.08, 0.3, 1])
  const mishaps = chance.some(mishapKinds, share)
  // Drawn apart, so that all else of a seed is as it was.
  const matching = new Chance(seed * 2_246_822_519)
  const moving = new Chance(seed * 3_266_489_917)
  const scenario: Scenario = {
    seed,
    people: chance.int(fewest, most),
    naming,
    keyField,
    seesLittle: chance.hit(0.9),
    taskKey: chance.hit(0.5),
    existing: chance.pick([0, 0.4, 0.4, 1]),
    rounds: chance.int(shortest, longest),
    burst: size.burst,
    client: {
      batchesPerCall: chance.pick([1, 2, 5, 5]),
      callsInFlight: chance.pick([1, 2, 4, 4]),
      maxPending: chance.pick([100_000, 100_000, 100_000, 5, 25]),
      maxDelayMs: chance.pick([30_000, 30_000, 1_000, 300_000]),
      maxAttempts: chance.pick([2, 6, 6, 12]),
      baseMs: chance.pick([1_000, 100]),
      maxMs: chance.pick([60_000, 8_000]),
      activityTasks: chance.hit(0.5),
      emailLogging: chance.hit(0.3),
      inCrm: chance.pick([
        'always',
        'always',
        'always',
        'always',
        'whenAssigned',
        'never',
      ] as const),
      object: chance.pick(['Lead', 'Lead', 'Lead', 'Contact'] as const),
      holdMs: chance.split('holdMs').pick([604_800_000, 604_800_000, 1_800_000, 0]),
      shadowEntries: chance.pick([100_000, 100_000, 2, 0]),
      maxAgeMs: chance.pick([604_800_000, 604_800_000, 600_000]),
      onUnknown: chance.pick(['park', 'park', 'retry'] as const),
      lockOwners: chance.hit(0.2),
      tie: matching.pick(['error', 'error', 'oldest', 'mostRecentActivity'] as const),
      gone: matching.pick(['error', 'error', 'recreate'] as const),
      emailChange: matching.pick(['follow', 'follow', 'newRecord'] as const),
      callsPerDay: chance.hit(0.05) ? chance.int(40, 100) : Number.POSITIVE_INFINITY,
      pullEveryMs: chance.hit(0.1) ? 600_000 : 0,
      pullObjects: chance.hit(0.1) ? pulledObjects : ['Lead', 'Contact'],
    },
    recordsPerBatch: chance.pick([200, 200, 1, 3]),
    grant: chance.pick(['client_credentials', 'refresh_token'] as const),
    rotatesTokens: chance.hit(0.3),
    latencyMs: chance.pick([0, 300, 300, 3_000]),
    trouble: chance.pick([0.2, 0.45, 0.6]),
    mishaps: mishaps.length > 0 ? mishaps : [chance.pick(mishapKinds)],
    spells: chance.some(spellKinds, chance.pick([0, 0.2, 0.5])),
    humans: chance.some(humanKinds, chance.pick([0, 0.2, 0.6])),
    misdeeds: chance.some(misdeeds, chance.pick([0, 0.3, 0.8])),
    clockJumps: chance.hit(0.1),
    poison: chance.hit(0.1),
    moves: false,
    bothSides: false,
    isOldOrg: false,
    blanks: 'asIs',
    rule: 'useOurs',
    end: chance.hit(0.08) ? 'closed' : 'healed',
  }
  if (chance.hit(0.2)) return withBothSides(scenario, chance)
  // Whose record stays behind with the old address is somebody else from then on.
  const canMove = scenario.client.emailChange === 'follow' || naming === 'keys'
  return { ...scenario, moves: canMove && moving.hit(0.25) }
}

/** What hides fields, forgets what is known or has no end to compare is left out: nobody could agree then. */
function withBothSides(scenario: Scenario, chance: Chance): Scenario {
  const edits: readonly HumanKind[] = ['edit', 'edit', 'edit']
  const others = scenario.humans.filter(kind => !HIDING.has(kind))
  return {
    ...scenario,
    bothSides: true,
    isOldOrg: chance.hit(0.5),
    blanks: chance.pick(['asIs', 'asIs', 'valueBeatsBlank', 'blankFromCrmWins'] as const),
    rule: chance.pick(['useOurs', 'useOurs', 'useCrm', 'newestRecord'] as const),
    humans: [...edits, ...others],
    misdeeds: [...new Set([...scenario.misdeeds, 'pulls' as const])],
    clockJumps: false,
    poison: false,
    end: 'healed',
    client: {
      ...scenario.client,
      inCrm: 'always',
      shadowEntries: 100_000,
      callsPerDay: Number.POSITIVE_INFINITY,
      pullEveryMs: chance.pick([0, 60_000, 600_000]),
      pullObjects: ['Lead', 'Contact'],
    },
  }
}

const HIDING: ReadonlySet<HumanKind> = new Set(['hideField', 'freezeField', 'showFields'])
