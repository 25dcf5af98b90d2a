/**
 * Makes `docs/sync-rules.md` out of the tables beside the tests: `npm run docs:rules`. A test compares the two.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectorRules } from '../test/fixtures/sync-rules/connector.ts'
import { creationRules } from '../test/fixtures/sync-rules/creation.ts'
import { inapplicableRules } from '../test/fixtures/sync-rules/inapplicable.ts'
import { matchRules } from '../test/fixtures/sync-rules/match.ts'
import { ownersRules } from '../test/fixtures/sync-rules/owners.ts'
import { pullRules } from '../test/fixtures/sync-rules/pull.ts'
import type { SyncRule } from '../test/fixtures/sync-rules/rule.ts'
import { rulesRules } from '../test/fixtures/sync-rules/rules.ts'

const areas: readonly (readonly [title: string, rules: readonly SyncRule[]])[] = [
  ['What syncs, and where it goes', connectorRules],
  ['Which record a prospect is', matchRules],
  ['Whose value of a field wins', rulesRules],
  ['Who gets a record, and who is left out', creationRules],
  ['What comes from Salesforce', pullRules],
  ['Owners, campaigns, metadata and verification', ownersRules],
]

/** Every rule of the page. */
export const syncRules: readonly SyncRule[] = areas.flatMap(([, rules]) => rules)

const cell = (text: string) => text.replaceAll('|', '\\|')

function section(title: string, rules: readonly SyncRule[]): string {
  const lines = rules.map(({ rule, about, pardot, ours, why = '' }) =>
    [rule, about, pardot, ours, why].map(cell).join(' | '),
  )
  return [
    `## ${title}`,
    '',
    '| rule | about | Pardot | prospect-sync | why it differs |',
    '|---|---|---|---|---|',
    ...lines.map(line => `| ${line} |`),
  ].join('\n')
}

/** The page. */
export function rulePage(): string {
  const sections = areas.map(([title, rules]) => section(title, rules))
  return `# Sync rules

<!-- Made by \`npm run docs:rules\` out of test/fixtures/sync-rules. -->

What Pardot's connector does, and what prospect-sync does by default. The numbers are those of the tests in \`test/rules\`, which
drive each rule through jsforce against the emulator. What its vendor nowhere says is marked unconfirmed.

${sections.join('\n\n')}

## Rules without a test

| rule | about | why |
|---|---|---|
${inapplicableRules.map(rule => `| ${rule.map(cell).join(' | ')} |`).join('\n')}
`
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'sync-rules.md'), rulePage())
}
