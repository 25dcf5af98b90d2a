import { expect, test } from 'vitest'
import { connect, lead, V } from './rest-client.ts'

const HINT = 'Please reference your WSDL or the describe call for the appropriate names.'

const noColumn = (name: string, entity: string) =>
  `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${HINT}`

function refusal(soql: string, path = '/query') {
  const { call } = connect()
  const { status, body } = call('GET', `${path}?q=${encodeURIComponent(soql)}`)
  const [error] = body as { errorCode: string; message: string }[]
  return { status, ...error }
}

/** The line that an error shows, what it points at, and where it says that is. */
function shown(message = '') {
  const [, line = '', caret = '', place] = message.split('\n')
  return { line, at: line.slice(caret.indexOf('^')), place }
}

// Shapes as recorded of real orgs, with fields of this one.
test.each([
  [
    'SELECT Bacon__c FROM Account LIMIT 2',
    `\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\n${noColumn('Bacon__c', 'Account')}`,
  ],
  [
    'select count() from XYZZY',
    `\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\nsObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${HINT}`,
  ],
  [
    "SELECT Id FROM Contact WHERE Id = 'ZZZ'",
    "\nSELECT Id FROM Contact WHERE Id = 'ZZZ'\n                             ^\nERROR at Row:1:Column:30\ninvalid ID field: ZZZ",
  ],
  [
    'SELECT Id, FROM Account',
    "\nSELECT Id, FROM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FROM'",
  ],
  ['SELEKT Name FROM Account', "unexpected token: 'SELEKT'"],
  ['SELECT Id FROM Contact WHERE', "unexpected token: '<EOF>'"],
  ['SELECT Id, id FROM User', 'duplicate field selected: Id'],
  [
    'SELECT Id, (SELECT Id FROM Persons) FROM Account',
    `\nSELECT Id, (SELECT Id FROM Persons) FROM Account\n                           ^\nERROR at Row:1:Column:28\nDidn't understand relationship 'Persons' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${HINT}`,
  ],
])('%s', (soql, message) => {
  expect(refusal(soql)).toMatchObject({ status: 400, message })
})

test.each([
  // More than 30 characters on either side, to the end of a word.
  [
    'SELECT Id, Dispenser__c, Website, AccountNumber, AnnualRevenue FROM Account',
    'SELECT Id, Dispenser__c, Website, AccountNumber',
    'Dispenser__c, Website, AccountNumber',
    'Row:1:Column:12',
  ],
  [
    'SELECT Id,AnnualRevenue,BillingAddress,AccountNumber,Product__c,Name,AccountSource,Type FROM Account',
    'AnnualRevenue,BillingAddress,AccountNumber,Product__c,Name,AccountSource,Type',
    'Product__c,Name,AccountSource,Type',
    'Row:1:Column:54',
  ],
  [
    'SELECT LastModifiedById, LastModifiedDate, From Account ',
    'LastModifiedById, LastModifiedDate, From Account ',
    ' From Account ',
    'Row:1:Column:43',
  ],
  // Only the line that is wrong.
  ['SELECT Id\nFROM Maycur__c\nWHERE Name = null', 'FROM Maycur__c', 'Maycur__c', 'Row:2:Column:6'],
  [
    "SELECT Id, Email, Name\nFROM Contact\nWHERE AccountId = null AND LastName LIKE 'test' OR Email LIKE 'test'",
    "= null AND LastName LIKE 'test' OR Email LIKE 'test'",
    " OR Email LIKE 'test'",
    'Row:3:Column:48',
  ],
  // A path from its beginning, in its own query and clause.
  ['SELECT Id FROM Contact WHERE Account.Owner.Foo = 1', '', 'Account.Owner.Foo = 1', 'Column:30'],
  ['SELECT Name, (SELECT Name FROM Tasks) FROM Account', '', 'Name FROM Tasks', 'Column:22'],
  ['SELECT Description FROM Lead ORDER BY Description', '', 'Description', 'Column:39'],
  ["SELECT Id FROM Lead WHERE Title = 'Foo' AND Foo = 1", '', 'Foo = 1', 'Column:45'],
  ['SELECT Id FROM Lead WHERE OwnerId IN (SELECT Id FROM Foo)', '', 'Foo)', 'Column:54'],
])('the place of %s', (soql, line, at, place) => {
  const found = shown(refusal(soql).message)
  expect(found.place).toContain(place)
  if (line !== '') expect(found.line).toBe(line)
  expect(found.at.startsWith(at)).toBe(true)
})

test.each([
  ['SELECT FROM Lead', 'MALFORMED_QUERY', "unexpected token: 'SELECT FROM'"],
  ['SELECT Id FROM Lead WHERE Id IN ()', 'MALFORMED_QUERY', "unexpected token: 'Id IN ()'"],
  ['SELECT Id FROM $Lead', 'MALFORMED_QUERY', "unexpected token: '$'"],
  [
    'SELECT Id FROM Lead WHERE Title LIKE NULL AND Name = null',
    'MALFORMED_QUERY',
    "unexpected token: 'NULL'",
  ],
  [
    'SELECT Id FROM Lead WHERE SystemModstamp > 2020-52-12T12:12:00-05:00',
    'MALFORMED_QUERY',
    'Invalid datetime: 2020-52-12T12:12:00-05:00',
  ],
  [
    'SELECT Id FROM Opportunity WHERE CloseDate = 2020-02-30',
    'MALFORMED_QUERY',
    'Invalid date: 2020-02-30',
  ],
  [
    'SELECT Id FROM Lead WHERE Title = :title',
    'MALFORMED_QUERY',
    'Bind variables only allowed in Apex code',
  ],
  [
    "SELECT Id FROM Lead WHERE Title = 'a' AND NOT (Title = 'b')",
    'MALFORMED_QUERY',
    "unexpected token: 'NOT'",
  ],
  ["SELECT Id FROM Lead WHERE NOT NOT Title = 'a'", 'MALFORMED_QUERY', "unexpected token: 'NOT'"],
  [
    "SELECT Id FROM Lead WHERE NOT Title = 'a' AND Title = 'b'",
    'MALFORMED_QUERY',
    "unexpected token: 'AND'",
  ],
  [
    "SELECT Id FROM Lead WHERE Id LIKE '00Q%'",
    'INVALID_QUERY_FILTER_OPERATOR',
    'invalid operator on id field',
  ],
  [
    "SELECT Id FROM Lead WHERE Title INCLUDES ('a')",
    'INVALID_QUERY_FILTER_OPERATOR',
    'invalid operator on string field',
  ],
  [
    'SELECT COUNT(DoNotCall) FROM Lead',
    'MALFORMED_QUERY',
    'field DoNotCall does not support aggregate operator COUNT',
  ],
  [
    "SELECT Id FROM Opportunity WHERE Amount > '5'",
    'INVALID_FIELD',
    "value of filter criterion for field 'Amount' must be of type double and should not be enclosed in quotes",
  ],
  ['SELECT FIELDS(ALL) FROM Lead', 'MALFORMED_QUERY', 'must have a LIMIT of at most 200'],
  [
    'SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1',
    'MALFORMED_QUERY',
    "'FIELDS(...)' expansion function must result in at least one field being selected.",
  ],
  ['SELECT Id FROM Lead USING SCOPE delegated', 'INVALID_QUERY_SCOPE', "'delegated'"],
  ['SELECT Id FROM Lead USING SCOPE mru', 'INVALID_QUERY_SCOPE', "'mru'"],
  ["SELECT Id FROM Lead WHERE USING SCOPE mine Title = 'x'", 'MALFORMED_QUERY', "token: 'SCOPE'"],
  ['SELECT USING SCOPE mine Id FROM Lead', 'MALFORMED_QUERY', 'unexpected token'],
  ['SELECT Id FROM Lead ORDER BY USING SCOPE mine Id', 'MALFORMED_QUERY', 'unexpected token'],
  ['SELECT Id FROM USING SCOPE mine Lead', 'MALFORMED_QUERY', 'unexpected token'],
  [
    'SELECT Id FROM Contact c, c.Account a, a.Parent p, p.Parent.Parent q, q.Parent r, r.Owner o',
    'INVALID_FIELD',
    "Column:83\nDidn't understand relationship 'Owner' in field path",
  ],
  [
    'SELECT Id FROM Contact c, c.Account a, a.Nope n',
    'INVALID_FIELD',
    "Column:47\nDidn't understand relationship 'Nope' in field path",
  ],
  ["SELECT Id FROM Lead OFFSET 'foo'", 'MALFORMED_QUERY', "unexpected token: ''foo''"],
  [
    `SELECT Id FROM Lead WHERE Title IN (${"'text', ".repeat(30)}'last') FOO`,
    'MALFORMED_QUERY',
    "\n'text', 'text', 'text', 'last') FOO\n                               ^\nERROR at Row:1:Column:284\n",
  ],
  ["SELECT Id FROM Lead WHERE 'a\nb' = Title", 'MALFORMED_QUERY', "unexpected token: ''a\nb''"],
  ['SELECT Id FROM User USING SCOPE mine', 'INVALID_QUERY_SCOPE', "'mine'"],
  ['SELECT Id FROM Lead WITH DATA CATEGORY A__c AT b__c', 'MALFORMED_QUERY', ''],
  ['SELECT convertCurrency(Amount) FROM Opportunity', 'MALFORMED_QUERY', 'convertCurrency'],
  ['SELECT FORMAT(convertCurrency(Amount)) x FROM Opportunity', 'MALFORMED_QUERY', ''],
  ['SELECT MAX(Amount) FROM Opportunity OFFSET 1', 'MALFORMED_QUERY', 'cannot also use OFFSET'],
  [
    'SELECT Id FROM Lead ORDER BY Title FOR UPDATE',
    'MALFORMED_QUERY',
    'Explicit ORDER BY not allowed when locking rows',
  ],
])('%s is %s', (soql, errorCode, message) => {
  expect(refusal(soql)).toMatchObject({
    status: 400,
    errorCode,
    message: expect.stringContaining(message),
  })
})

test.each([9, 10, 400, 20_000])('%i parentheses in a row end well', deep => {
  const { composite } = connect()
  const soql = `SELECT Id FROM Lead WHERE ${'('.repeat(deep)}Title = 'a'${')'.repeat(deep)}`
  const url = `${V}/query?q=${encodeURIComponent(soql)}`
  expect(composite([{ method: 'GET', url, referenceId: 'q' }]).body).toMatchObject({
    compositeResponse: [
      deep < 500
        ? { httpStatusCode: 200 }
        : { httpStatusCode: 400, body: [{ errorCode: 'QUERY_TOO_COMPLICATED' }] },
    ],
  })
})

test('many parentheses mean what few do', () => {
  const { org, rows } = connect()
  for (const Title of ['a', 'b', 'c']) org.insert('Lead', lead({ Title }))
  const where =
    "((Title = 'a' AND LastName IN ('Lovelace')) OR (NOT ((Title IN ('a', 'b'))))) AND City = null"
  const titles = [{ Title: 'a' }, { Title: 'c' }]
  expect(rows(`SELECT Title FROM Lead WHERE ${where}`)).toEqual(titles)
  const many = `${'('.repeat(12)}${where}${')'.repeat(12)}`
  expect(rows(`SELECT Title FROM Lead WHERE ${many}`)).toEqual(titles)
  expect(
    rows(
      `SELECT Title FROM Lead GROUP BY Title HAVING ${'('.repeat(12)}COUNT(Id) > 0${')'.repeat(12)} LIMIT 1`,
    ),
  ).toHaveLength(1)
})

test('children of children are served from version 58 on, five levels deep', () => {
  const { call } = connect()
  const nested = (levels: number): string =>
    levels === 0
      ? 'SELECT Id FROM ChildAccounts'
      : `SELECT Id, (${nested(levels - 1)}) FROM ChildAccounts`
  const ask = (levels: number, version: string) => {
    const soql = `SELECT Id, (${nested(levels - 2)}) FROM Account`
    return call('GET', `/services/data/v${version}/query?q=${encodeURIComponent(soql)}`)
  }
  expect(ask(5, '58.0').status).toBe(200)
  expect(ask(6, '58.0').status).toBe(400)
  expect(ask(2, '57.0').status).toBe(200)
  expect(ask(3, '57.0')).toMatchObject({
    status: 400,
    body: [
      {
        message:
          'SOQL statements cannot query aggregate relationships more than 1 level away from the root entity object.',
      },
    ],
  })
})

test.each([
  ["Title = 'a' Title = 'b'", "unexpected token: 'Title'"],
  ["AND Title = 'a'", "unexpected token: 'AND'"],
  ["Title = 'a' AND AND Title = 'b'", "unexpected token: 'AND'"],
  ["(Title = 'a')(Title = 'b')", "unexpected token: '('"],
  ["Title IN 'a'", "unexpected token: ''a''"],
  ["Title = ('a')", "unexpected token: '('"],
  ["Title NOT LIKE 'a'", "unexpected token: 'LIKE'"],
  ['Title IS NULL', "unexpected token: 'IS'"],
  ["Title = 'a' fds", "unexpected token: 'fds'"],
  ["Title = 'a' WHERE Title = 'b'", "unexpected token: 'WHERE'"],
  ["Title = 'O'Brien'", "unexpected token: '''"],
  ["Title = 'Fin'l ($1)'", "unexpected token: '$'"],
  ["(Title = 'a'", "unexpected token: '<EOF>'"],
  ["Title = 'a')", "unexpected token: ')'"],
  ['ORDER BY Title', "unexpected token: 'ORDER'"],
  ['Title = Company', 'Bind variables only allowed in Apex code'],
  ['CreatedDate > 2020-01-01T00:00:00', 'Invalid datetime: 2020-01-01T00:00:00'],
  ['NumberOfEmployees > 1,000', "unexpected token: ','"],
  ['Title = 5 LIMIT -1', "unexpected token: '-'"],
])('WHERE %s is malformed', (where, message) => {
  expect(refusal(`SELECT Id FROM Lead WHERE ${where}`)).toMatchObject({
    errorCode: 'MALFORMED_QUERY',
    message: expect.stringContaining(message),
  })
})

test('keywords are taken in any case', () => {
  const { org, rows } = connect()
  org.insert('Lead', lead({ Title: 'Boss' }))
  expect(
    rows(
      "select title, count(id) c from lead where title like 'b%' and (not title not in ('boss')) and createddate = today group by title having count(id) >= 1 order by title asc nulls last limit 5 offset 0",
    ),
  ).toEqual([{ Title: 'Boss', c: 1 }])
})

test('a query has 20 child sub-queries and 55 parents at most', () => {
  const lookup = (index: number) => ({
    type: 'lookup' as const,
    referenceTo: 'Account',
    childRelationshipName: `Things${index}`,
  })
  const fields = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`A${index}__c`, lookup(index)]),
  )
  const { call } = connect({ objects: { Thing__c: { label: 'Thing', fields } } })
  const ask = (soql: string) => call('GET', `/query?q=${encodeURIComponent(soql)}`)
  const children = (count: number) =>
    Array.from({ length: count }, (_, index) => `(SELECT Id FROM Things${index}__r)`)
  const parents = (count: number) => Array.from({ length: count }, (_, i) => `A${i}__r.Name`)
  expect(ask(`SELECT ${children(20)} FROM Account`).status).toBe(200)
  expect(ask(`SELECT ${children(21)} FROM Account`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'MALFORMED_QUERY', message: expect.stringContaining('20') }],
  })
  expect(ask(`SELECT ${parents(55)} FROM Thing__c`).status).toBe(200)
  expect(ask(`SELECT ${parents(56)} FROM Thing__c`)).toMatchObject({
    status: 400,
    body: [{ errorCode: 'MALFORMED_QUERY', message: expect.stringContaining('55') }],
  })
})
