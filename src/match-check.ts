/**
 * The check of matching: how the record of a prospect is found, and what becomes of it under another address.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { ConfigError } from './errors.ts'
import type { FieldTarget } from './mapping.ts'
import { optionDefaults } from './options.ts'
import { checkMapped } from './rule-check.ts'
import { tieRules } from './tie.ts'
import type { Transport } from './transport.ts'
import { checkChoice, checkNames, field, record } from './value-check.ts'
import { typeName } from './wording.ts'

/**
 * Refuses strategies and ties that cannot be worked with.
 *
 * @throws {@link ConfigError}
 */
export function checkMatch(
  { by, tie, duplicates }: Readonly<Record<string, unknown>>,
  mapping: object,
): void {
  if (typeof tie !== 'function') checkChoice('match.tie', tie, tieRules)
  checkChoice('match.duplicates', duplicates, ['error', 'use'])
  if (by === undefined) return
  if (!Array.isArray(by) || by[0] !== 'crmId') {
    throw new ConfigError(
      `match.by must be a list of strategies that begins with "crmId", got ${Array.isArray(by) ? 'another list' : typeName(by)}`,
      'A record id says which record it is: pass for example ["crmId", "key", "email"].',
    )
  }
  const names: string[] = []
  for (const strategy of by.slice(1)) {
    const isOwn = typeof strategy === 'object' && strategy !== null
    if (isOwn) checkStrategy(strategy, mapping)
    else checkChoice('match.by', strategy ?? null, ['key', 'email'])
    const name = isOwn ? strategy.field : strategy
    if (!names.includes(name)) names.push(name)
    else {
      throw new ConfigError(
        `match.by has the strategy ${name} twice`,
        'Take out the second: it finds nobody whom the first does not.',
      )
    }
  }
}

/**
 * Refuses new records for addresses that nothing is found by: they could not be told from second ones.
 *
 * @throws {@link ConfigError}
 */
export function checkEmailChange({
  emailChange,
  match,
  transport,
}: Readonly<Record<string, unknown>>): void {
  checkChoice('emailChange', emailChange, ['follow', 'newRecord'])
  const by: unknown = field(match, 'by') ?? optionDefaults['match.by']
  const canLookUp = (transport as Transport).limits.carries.includes('lookup')
  if (emailChange !== 'newRecord' || (canLookUp && Array.isArray(by) && by.includes('email')))
    return
  throw new ConfigError(
    'emailChange "newRecord" needs "email" among the strategies of match.by, and a transport that carries lookup parts',
    'Add "email" to match.by, or leave emailChange out.',
  )
}

function checkStrategy(strategy: object, mapping: object): void {
  checkNames(record(strategy, 'match.by'), 'a strategy of match.by', ['field'])
  const name = field(strategy, 'field')
  const entry = typeof name === 'string' ? Reflect.get(mapping, name) : undefined
  if (typeof name !== 'string' || !Object.hasOwn(mapping, name)) {
    checkMapped('match.by', name, mapping)
    throw new ConfigError(`match.by has ${name}, which is not a field of the mapping`, 'Map it.')
  }
  const { type = 'string' } = typeof entry === 'string' ? {} : (entry as FieldTarget)
  if (type === 'string') return
  throw new ConfigError(
    `match.by must go by text fields, and ${name} is mapped as ${type}`,
    'Keep what identifies a prospect in a text field.',
  )
}
