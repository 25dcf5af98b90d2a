/**
 * The check of rules: whose value wins, field by field.
 *
 * Policy floor: pure.
 *
 * @module
 */
import { ConfigError } from './errors.ts'
import { consentDefaults, type FieldHistory, fieldRules, type RuleOptions } from './field-rules.ts'
import { defaultMapping } from './mapping.ts'
import { presets } from './presets.ts'
import type { Transport } from './transport.ts'
import { checkLookup } from './transport-check.ts'
import { checkChoice, checkNames, field, record } from './value-check.ts'
import { nearestName, typeName } from './wording.ts'

const FIELD_RULES = ['useOurs', 'useCrm', 'newestRecord']
const BLANKS = ['asIs', 'valueBeatsBlank', 'blankWins', 'blankFromCrmWins']

/**
 * Refuses rules that cannot be worked with.
 *
 * @throws {@link ConfigError}
 */
export function checkRules(
  rules: Readonly<Record<string, unknown>>,
  mapping: object,
  transport: Transport,
): void {
  checkRule('rules.default', rules.default, FIELD_RULES)
  checkRule('rules.consent', rules.consent, ['mostRestrictive', ...FIELD_RULES])
  checkChoice('rules.blanks', rules.blanks, BLANKS)
  checkChoice('rules.owner', rules.owner, ['useOurs', 'useCrm'])
  const consent: unknown = rules.consentFields ?? consentDefaults
  if (!Array.isArray(consent)) {
    throw new ConfigError(
      `rules.consentFields must be a list of fields of the mapping, got ${typeName(consent)}`,
      'Pass for example ["optedOut"].',
    )
  }
  for (const name of consent) checkMapped('rules.consentFields', name, mapping)
  const fields = rules.fields === undefined ? {} : record(rules.fields, 'rules.fields')
  for (const [name, rule] of Object.entries(fields)) {
    checkMapped('rules.fields', name, mapping)
    checkRule(`rules.fields.${name}`, rule, FIELD_RULES)
    if (!consent.includes(name)) continue
    throw new ConfigError(
      `rules.fields.${name} has no effect: ${name} is a consent field`,
      'Set rules.consent, or take it out of rules.consentFields.',
    )
  }
  checkReads(rules, transport)
}

/**
 * Refuses a name that is neither of the mapping nor of a preset: what a preset says may be about a default field that a mapping of
 * the caller's own has not.
 *
 * @throws {@link ConfigError}
 */
export function checkMapped(path: string, name: unknown, mapping: object): void {
  const known = [mapping, defaultMapping, presets.pardotPackage].flatMap(Object.keys)
  if (typeof name === 'string' && known.includes(name)) return
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 60)) : typeName(name)
  const nearest = typeof name === 'string' ? nearestName(name, known) : undefined
  throw new ConfigError(
    `${path} has ${shown}, which is not a field of the mapping`,
    nearest === undefined ? 'Add it to the mapping.' : `Did you mean ${nearest}?`,
  )
}

function checkRule(path: string, rule: unknown, choices: readonly string[]): void {
  if (typeof rule === 'function') return
  if (typeof rule !== 'object' || rule === null) {
    checkChoice(path, rule, choices)
    return
  }
  checkNames(record(rule, path), path, ['newestField'])
  const { lookup, read } = (field(rule, 'newestField') ?? {}) as Partial<FieldHistory>
  if (typeof lookup === 'function' && typeof read === 'function') return
  throw new ConfigError(
    `${path}.newestField must be a history with lookup() and read()`,
    'Pass fieldHistoryTracking, or a history of your own.',
  )
}

// An opt-in is simply not written without a look-up; for every other rule that would be a surprise.
function checkReads(rules: RuleOptions, transport: Transport): void {
  if (!fieldRules(rules).isBlind) checkLookup('rules other than useOurs read', transport)
}
