import { expect, test } from 'vitest'
import { connect, lead, V } from './rest-client.ts'

/** Nearly all that a statement may have. */
const LENGTH = 99_000

function filled(text: string, length = LENGTH): string {
  return text.repeat(length / text.length)
}

/** Aliases, each of the parent of the next: the first can be understood only when all others are. */
const aliases = Array.from({ length: 6_000 }, (_, at) => `, a${6_000 - at}.b a${6_001 - at}`)

const WHERE = 'SELECT Id FROM Lead WHERE'

// A reader that starts anew at every place of them takes steps by the billion.
test.each([
  ['blanks', filled(' '), 'MALFORMED_QUERY'],
  ['blanks before a word', `SELECT Id FROM Lead ALL${filled(' ')}ROW`, 'MALFORMED_QUERY'],
  [
    'blanks before a comma',
    `SELECT Id FROM Lead UPDATE VIEWSTAT${filled(' ')},`,
    'MALFORMED_QUERY',
  ],
  [
    'a word before a sign',
    `SELECT ${filled('a', 98_000)} ${filled('b ', 100)}$`,
    'MALFORMED_QUERY',
  ],
  ['quotes', `${WHERE} Title = ${filled("'")}`, 'MALFORMED_QUERY'],
  ['quotes that end nothing', `${WHERE} Title = '${filled("\\'")}`, 'MALFORMED_QUERY'],
  ['backslashes', `${WHERE} Title = '${filled('\\')}`, 'MALFORMED_QUERY'],
  ['backslashes outside a text', filled('\\'), 'MALFORMED_QUERY'],
  ['parentheses', filled('('), 'MALFORMED_QUERY'],
  ['parentheses of a clause', `${WHERE} ${filled('( ')}`, 'QUERY_TOO_COMPLICATED'],
  ['parentheses that close', filled(')'), 'MALFORMED_QUERY'],
  ['objects', `SELECT Id FROM ${filled('a,')}`, 'MALFORMED_QUERY'],
  ['aliases', `SELECT Id FROM Lead a1${aliases.join('')}`, 'INVALID_FIELD'],
  ['the word FROM', `SELECT Id ${filled('FROM a ')}`, 'MALFORMED_QUERY'],
  ['a list without an end', `${WHERE} Title IN (${filled("'a', ")}`, 'MALFORMED_QUERY'],
  ['lists within lists', `${WHERE} Title IN ${filled("('a', ")}`, 'MALFORMED_QUERY'],
  ['fields', `SELECT ${filled('Id,', 30_000)}, FROM Lead`, 'MALFORMED_QUERY'],
  ['a token that is in every text', `${WHERE} Title = '${filled('a ')}' a`, 'MALFORMED_QUERY'],
  ['subtotals', `SELECT Id FROM Lead ${filled('GROUP BY ROLLUP(')}`, 'MALFORMED_QUERY'],
])('a query of %s is refused', (_, soql, errorCode) => {
  const url = `${V}/query?q=${encodeURIComponent(soql)}`
  const { body } = connect().composite([{ method: 'GET', url, referenceId: 'q' }])
  expect(body).toMatchObject({
    compositeResponse: [{ httpStatusCode: 400, body: [{ errorCode }] }],
  })
})

test.each([
  ['escaped braces', `FIND {${filled('\\}', 5_000)}`],
  ['blanks', `FIND {ada}${filled(' ', 5_000)}x`],
  ['blanks behind RETURNING', `FIND {ada} RETURNING${filled(' ', 5_000)}Lead x`],
  ['blanks behind a field', `FIND {ada} RETURNING Lead(Id${filled(' ', 5_000)}`],
  ['parentheses', `FIND {ada} RETURNING ${filled('(', 5_000)}`],
  ['parentheses that close', `FIND {ada} RETURNING Lead${filled(')', 5_000)}`],
  ['pairs of them', `FIND {ada} RETURNING Lead ${filled('()', 5_000)}`],
  ['commas', `FIND {ada} RETURNING ${filled(',', 5_000)}`],
  ['quotes', `FIND {ada} RETURNING Lead(Id WHERE Title = ${filled("'", 4_999)}`],
])('a search of %s is refused', (_, sosl) => {
  expect(connect().call('GET', `/search?q=${encodeURIComponent(sosl)}`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'MALFORMED_SEARCH' }],
  })
})

test.each([
  ['blanks', `SELECT Title FROM Lead${filled(' ')}`],
  ['texts', `SELECT Title FROM Lead WHERE Title IN (${filled("'x', ", 90_000)}'a')`],
  [
    'texts of two lines',
    `SELECT Title FROM Lead WHERE ${filled("Title = '\n' OR ", 90_000)}Title = 'a'`,
  ],
])('a query of %s is answered', (_, soql) => {
  const { org, composite } = connect()
  org.insert('Lead', lead({ Title: 'a' }))
  const url = `${V}/query?q=${encodeURIComponent(soql)}`
  expect(composite([{ method: 'GET', url, referenceId: 'q' }]).body).toMatchObject({
    compositeResponse: [{ httpStatusCode: 200, body: { totalSize: 1, records: [{ Title: 'a' }] } }],
  })
})
