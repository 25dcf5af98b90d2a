/**
 * Makes `docs/errors.md` out of the error catalogue: `npm run docs:errors`. A test compares the two.
 *
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeRows, type TextMeaning, takenKey, unknownCode } from '../src/error-codes.ts'
import type { ErrorClass, Meaning } from '../src/error-meaning.ts'
import { statusRows } from '../src/error-statuses.ts'
import {
  causes,
  classWords,
  foreignCodes,
  ownCodes,
  statusCauses,
  textWords,
} from './error-words.ts'

interface Row {
  readonly name: string
  readonly cause: string
  readonly meaning: Meaning
}

function wordsOf<T>(table: Readonly<Record<string | number, T>>, key: string | number): T {
  const words = table[key]
  if (words === undefined) throw new Error(`scripts/error-words.ts has no words for ${key}`)
  return words
}

const listed = (codes: readonly string[]) => codes.map(code => `\`${code}\``).join(', ')

// Automation says the same under many codes: one line for all of them.
const codesOfText = new Map<TextMeaning, string[]>()
for (const { codes, meaning } of codeRows) {
  for (const text of meaning.texts ?? []) {
    codesOfText.set(text, [...(codesOfText.get(text) ?? []), ...codes])
  }
}

const byText = [...codesOfText].map(([meaning, codes]): Row => {
  const [says, cause] = wordsOf(textWords, meaning.text.source)
  return { name: `${listed(codes)}, message: “${says}”`, cause, meaning }
})

const byCode = codeRows.map(
  ({ codes, meaning }): Row => ({
    name: listed(codes),
    cause: wordsOf(causes, codes[0] ?? ''),
    meaning,
  }),
)

const OWN_KEY: Row = {
  name: '`DUPLICATE_VALUE`, on the key field',
  cause: 'Another call has just created the record of this key, or another record has it.',
  meaning: takenKey,
}

const byStatus = statusRows.map(({ from, to, meaning }, index): Row => {
  const rest = statusRows.slice(0, index).some(row => row.from >= from && row.to <= to)
  const name = `HTTP ${from}${to === from ? '' : `–${to}`}`
  return { name: rest ? `other ${name}` : name, cause: wordsOf(statusCauses, from), meaning }
})

const rows: readonly Row[] = [...byCode, OWN_KEY, ...byText, ...byStatus]

function doing({ class: kind, tries, pause }: Meaning): string {
  const { does } = classWords[kind]
  const limit = tries === undefined ? '' : `, ${tries} times in all`
  if (kind === 'bisect') return `${does}.`
  if (kind === 'concurrency' && pause !== undefined)
    return `Pauses everything, then ${does.toLowerCase()}.`
  if (kind === 'unknown') return `${does}${limit}.`
  const pausing =
    pause === 'long' ? does.replace('everything', 'everything for `retry.maxMs`') : does
  return `${pausing}${limit}.`
}

function table(of: readonly Row[]): string {
  const lines = of.map(
    ({ name, cause, meaning }) => `| ${name} | ${cause} | ${doing(meaning)} | ${meaning.remedy} |`,
  )
  return [
    '| code | what it means | what prospect-sync does | what you do |',
    '|---|---|---|---|',
    ...lines,
  ].join('\n')
}

function section(kind: ErrorClass): string {
  const { title, meaning } = classWords[kind]
  const of = rows.filter(row => row.meaning.class === kind)
  return `### ${title}: \`${kind}\`\n\n${meaning}\n\n${table(of)}\n`
}

function lowerFirst(sentence: string): string {
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1)
}

const KINDS = Object.keys(classWords) as ErrorClass[]

/** The page. */
export function errorPage(): string {
  const own = Object.entries(ownCodes).map(
    ([code, [meaning, remedy]]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  )
  const unknown = classWords.unknown
  return `# Errors

<!-- Made by \`npm run docs:errors\` out of src/error-codes.ts, src/error-statuses.ts and scripts/error-words.ts. -->

Every failure is a \`SyncError\`: match on its \`code\`, read its \`remedy\`. Where Salesforce spoke, \`salesforceCode\` is its own
code, or the OAuth error of its token endpoint, and \`fields\` are the Salesforce fields it is about. What could not be delivered is
kept in \`client.syncErrors\`, whose \`list\`, \`release\` and \`discard\` take codes of both kinds and fields. No message carries a
token; those of a record carry no value and none of the org's own text.

## Codes of prospect-sync

| code | what it means | what you do |
|---|---|---|
${own.join('\n')}

## Codes of Salesforce

By what kind of failure they are. “Sends it again” is bounded by \`retry.maxAttempts\`; what has not passed by then goes to
\`syncErrors\` as \`ERR_RETRIES_EXHAUSTED\`. A whole call that is refused for one record's sake is sent in halves, at a bounded price,
and so is one of a passing or unknown kind before all of it is given up. Statuses of HTTP count where an answer has no code of Salesforce's. Where one code has several meanings its message tells them apart; the texts are
those of an org in English, so give the user of the session that language.

${KINDS.filter(kind => kind !== 'unknown')
  .map(section)
  .join('\n')}
### ${unknown.title}: \`unknown\`

${unknown.meaning} What prospect-sync does: ${lowerFirst(doing(unknownCode))} What you do: ${lowerFirst(unknownCode.remedy)}

Of the enumerations of Salesforce's WSDL (API version 51.0) these are: ${listed(foreignCodes)}.
`
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), errorPage())
}
