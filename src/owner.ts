/**
 * Owners: which User or queue a prospect, or a task, is assigned to, and what becomes of an assignment that cannot be made.
 *
 * Policy floor: pure. An owner is written in one of three ways: the id of a User or a queue; the e-mail address of a user; or
 * the application's own name of a user, where the option `owners.map` says who that is.
 *
 * @module
 */
import { InvalidTriggerError, SyncError } from './errors.ts'
import type { Assignment, OwnerFault } from './outcome.ts'
import { type ProspectObject, type Row, toId18 } from './record.ts'
import { checkText, emailAlias } from './validate.ts'
import { typeName } from './wording.ts'

/** Who records are assigned to. */
export interface OwnerOptions {
  /**
   * The application's own names of users, and who they are in Salesforce: an id of a User or a queue, or the e-mail address of
   * a User. A name in it goes before everything else it could mean. @default none
   */
  readonly map?: Readonly<Record<string, string>>
  /** Id of the User or queue that takes the place of one who cannot be assigned to, where `inactive` is `fallback`. */
  readonly fallback?: string
  /**
   * What becomes of an assignment to a user who is inactive, unknown, or one of several with that address. `error`: the
   * assignment fails; other fields of a record that is there are written all the same, and no record is created without the
   * owner that was asked for. `fallback`: assigned to `fallback`, as Pardot assigns to its connector user. `leave`: the owner
   * stays who it is, on a new record the user of the session. @default 'error'
   */
  readonly inactive?: 'error' | 'fallback' | 'leave'
}

/** The same, checked and normalised. */
export interface OwnerRules {
  readonly map: ReadonlyMap<string, string>
  readonly fallback: string | undefined
  readonly inactive: 'error' | 'fallback' | 'leave'
}

/** Who users are, as far as the org has said. */
export interface UserBook {
  /** The user with an e-mail address, or why there is none to assign to; `undefined` where nobody has asked. */
  userWith(email: string): string | OwnerFault | undefined
  /** Whether the org has said that a user is inactive. */
  isInactive(userId: string): boolean
}

/** What becomes of one assignment. */
export interface OwnerDecision {
  /** What is written; `undefined` leaves the owner as it is. */
  readonly ownerId: string | undefined
  /** Where somebody else than asked for owns the record: said in the outcome. */
  readonly assignment?: Assignment
  /** The assignment fails. */
  readonly error?: SyncError
}

/** Longest name of a user, in characters. */
const MAX_NAME = 255

const USER = '005'
const QUEUE = '00G'

/** Whether an owner is an id already. */
export function isOwnerId(owner: string): boolean {
  return (owner.startsWith(USER) || owner.startsWith(QUEUE)) && toId18(owner) === owner
}

function ownerId(value: string, prefixes: readonly string[]): string | undefined {
  const id = toId18(value)
  return id !== undefined && prefixes.includes(id.slice(0, 3)) ? id : undefined
}

// Names compare as they are written, but for addresses, which ignore case.
function nameOf(owner: string): string {
  return owner.includes('@') ? owner.toLowerCase() : owner
}

/** @throws InvalidTriggerError for an entry that is nobody. */
export function ownerRules({ map = {}, fallback, inactive = 'error' }: OwnerOptions): OwnerRules {
  const none: OwnerRules = { map: new Map(), fallback: undefined, inactive: 'error' }
  const entries = Object.entries(map).map(([name, owner]): [string, string] => {
    const path = `owners.map.${name.slice(0, 60)}`
    return [nameOf(name.trim()), namedOwner(owner, path, none, [USER, QUEUE])]
  })
  return {
    map: new Map(entries),
    fallback: fallback === undefined ? undefined : ownerId(fallback, [USER, QUEUE]),
    inactive,
  }
}

/**
 * An owner as a trigger gives it: an id of 18 characters, an e-mail address in lower case, or a name that the map lacks, which
 * is looked at when the change flies.
 *
 * @param isTask - Tasks are for users only.
 * @throws InvalidTriggerError
 */
export function givenOwner(value: unknown, rules: OwnerRules, isTask = false): string | undefined {
  if (value === undefined) return undefined
  return namedOwner(value, 'owner', rules, isTask ? [USER] : [USER, QUEUE])
}

function namedOwner(
  value: unknown,
  path: string,
  { map }: OwnerRules,
  prefixes: readonly string[],
): string {
  const given = typeof value === 'string' ? value.trim() : ''
  const mapped = map.get(nameOf(given))
  const id = ownerId(mapped ?? given, prefixes)
  if (id !== undefined) return id
  if (mapped !== undefined && !isOwnerId(mapped)) return mapped
  if (mapped === undefined && given.includes('@')) {
    return emailAlias(given, path)?.toLowerCase() ?? given
  }
  if (mapped === undefined && map.size > 0 && given !== '' && !isIdLike(given)) {
    checkText(given, path, MAX_NAME)
    return given
  }
  const what = prefixes.includes(QUEUE) ? 'a User or a queue' : 'a User'
  const came = typeof value === 'string' ? 'a text that is neither' : typeName(value)
  throw new InvalidTriggerError(
    path,
    `${path} must be the id of ${what}, 15 or 18 characters that begin with ${prefixes.join(' or ')}, or the e-mail address of a user, got ${came}`,
    "Copy the id from Salesforce, or say in the option owners.map who the application's user is.",
  )
}

// What begins as an id and is none is a mistake, not a name.
function isIdLike(owner: string): boolean {
  return /^[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?$/.test(owner) && /\d/.test(owner)
}

/** The e-mail address by which an owner has to be looked up, if it has one. */
export function addressOf(owner: string | undefined): string | undefined {
  return owner?.includes('@') ? owner : undefined
}

/**
 * The user among those that have an address. Portal users own no leads, and may share the address of a colleague.
 *
 * @see facts 1.11.1, 1.11.2.
 */
export function chooseUser(rows: readonly Row[]): string | OwnerFault {
  const own = rows.filter(({ fields: { UserType } }) => UserType == null || UserType === 'Standard')
  const active = own.filter(({ fields }) => fields.IsActive === true)
  const [user] = active
  if (user !== undefined) return active.length > 1 ? 'ambiguous' : user.id
  return own.length > 0 ? 'inactive' : 'unknown'
}

/** Who is to own a record. @param object - `Task` for the assignee of a task. */
export function decideOwner(
  owner: string,
  object: ProspectObject | 'Task',
  rules: OwnerRules,
  users: UserBook,
): OwnerDecision {
  const found = ownerOrFault(owner, object, users)
  if (!isFault(found)) return { ownerId: found }
  if (rules.inactive === 'leave') {
    return { ownerId: undefined, assignment: { reason: found } }
  }
  const { fallback } = rules
  const stands =
    rules.inactive === 'fallback' && fallback !== undefined
      ? ownerOrFault(fallback, object, users)
      : found
  if (isFault(stands)) return { ownerId: undefined, error: unassignable(found, object) }
  return { ownerId: stands, assignment: { reason: found, ownerId: stands } }
}

function ownerOrFault(
  owner: string,
  object: ProspectObject | 'Task',
  users: UserBook,
): string | OwnerFault {
  if (isOwnerId(owner)) {
    if (owner.startsWith(QUEUE) && object !== 'Lead') return 'queue'
    return users.isInactive(owner) ? 'inactive' : owner
  }
  if (addressOf(owner) === undefined) return 'unknown'
  const user = users.userWith(owner) ?? 'unknown'
  return !isFault(user) && users.isInactive(user) ? 'inactive' : user
}

const FAULTS: Readonly<Record<OwnerFault, readonly [found: string, remedy: string]>> = {
  unknown: [
    'there is no such user',
    'Give a user of the org this e-mail address, or say in the option owners.map who it is',
  ],
  inactive: ['the user is inactive', 'Activate the user in Salesforce, or assign to another one'],
  ambiguous: [
    'several active users have this e-mail address',
    'Name the user by id, or say in the option owners.map which one it is',
  ],
  queue: ['a queue owns Leads only', 'Assign it to a User'],
}

function isFault(found: string): found is OwnerFault {
  return Object.hasOwn(FAULTS, found)
}

function unassignable(fault: OwnerFault, object: string): SyncError {
  const [found, remedy] = FAULTS[fault]
  return new SyncError('ERR_OWNER', `the ${object} cannot be assigned as asked: ${found}`, {
    remedy: `${remedy}, then release the trigger; or let the option owners.inactive decide.`,
    fields: ['OwnerId'],
  })
}
