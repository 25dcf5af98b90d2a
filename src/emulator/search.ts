/**
 * Search: `/search` with SOSL, `/parameterizedSearch` without.
 *
 * Whole words are found, in any case; the index is never behind the records, as Salesforce's may be.
 *
 * @see REST API Developer Guide, "Search", "Parameterized Search"; SOQL and SOSL Reference, "SOSL Syntax".
 * @module
 */
import { type ErrorBody, methodNotAllowed, notServed, RequestRefused, refuse } from './fault.ts'
import type { Field } from './field.ts'
import { isJsonObject } from './record-input.ts'
import { ok, type Reply } from './request.ts'
import type { Context, ResourceRequest } from './resource.ts'
import type { Row } from './row.ts'
import { parseSoql } from './soql-parse.ts'
import { runStatement } from './soql-run.ts'
import {
  malformedSearch,
  parseSosl,
  type Returning,
  readGroup,
  readTerms,
  type Search,
  type SearchGroup,
  type Term,
  wordsOf,
} from './sosl-parse.ts'
import type { Table } from './table.ts'

/** Records that a search gives. @see SOQL and SOSL Limits */
const MAX_RESULTS = 2_000

/** `GET /search?q=` */
export function search(request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const sosl = request.query.get('q')
  if (sosl === null || sosl.trim() === '') {
    throw malformedSearch('A search string has to be specified')
  }
  return found(parseSosl(sosl), context)
}

/** `GET /parameterizedSearch?q=…`, `POST /parameterizedSearch` */
export function parameterizedSearch(request: ResourceRequest, context: Context): Reply {
  if (request.method === 'GET') return found(fromQuery(request.query), context)
  if (request.method === 'POST') return found(fromJson(request.json()), context)
  throw methodNotAllowed(request.method, ['GET', 'HEAD', 'POST'])
}

/** What one object is asked for without SOSL. */
interface Asked {
  readonly name: string
  readonly fields?: string | undefined
  readonly where?: string | undefined
  readonly orderBy?: string | undefined
  readonly limit?: string | undefined
}

function fromQuery(query: URLSearchParams): Search {
  for (const name of ['dataCategory', 'netId', 'division']) {
    if (query.has(name)) throw notServed(`the parameter ${name}`)
  }
  const defaults = { fields: query.get('fields'), limit: query.get('defaultLimit') }
  const objects = query.getAll('sobject').map((name): Asked => {
    const of = (parameter: string) => query.get(`${name}.${parameter}`) ?? undefined
    return {
      name,
      fields: of('fields') ?? defaults.fields ?? undefined,
      where: of('where'),
      orderBy: of('orderBy'),
      limit: of('limit') ?? defaults.limit ?? undefined,
    }
  })
  return asked(query.get('q'), query.get('in'), objects, query.get('overallLimit'))
}

function fromJson(json: unknown): Search {
  if (!isJsonObject(json)) throw malformedSearch('A search string has to be specified')
  const { q, fields, sobjects = [], in: group, overallLimit, defaultLimit } = json
  if (json.dataCategories !== undefined || json.netIds !== undefined) {
    throw notServed('data categories and networks in a search')
  }
  const list = (value: unknown) =>
    Array.isArray(value) ? value.map(String).join(', ') : textOf(value)
  const objects = (Array.isArray(sobjects) ? sobjects : []).map((each: unknown): Asked => {
    const one = isJsonObject(each) ? each : { name: each }
    return {
      name: String(one.name),
      fields: list(one.fields) ?? list(fields),
      where: textOf(one.where),
      orderBy: list(one.orderBy),
      limit: textOf(one.limit) ?? textOf(defaultLimit),
    }
  })
  return asked(textOf(q), textOf(group), objects, textOf(overallLimit))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function asked(
  q: string | null | undefined,
  group: string | null | undefined,
  objects: readonly Asked[],
  limit: string | null | undefined,
): Search {
  if (q === null || q === undefined || q.trim() === '') {
    throw malformedSearch('A search string has to be specified')
  }
  return {
    // Without SOSL every character is what it is.
    terms: readTerms(q.replace(/[()?\\]/g, '\\$&')),
    group: readGroup(group ?? 'ALL'),
    returning:
      objects.length === 0
        ? undefined
        : objects.map(({ name, fields = 'Id', where, orderBy, limit: most }) => ({
            object: name,
            fields,
            where,
            rest: [
              orderBy === undefined ? '' : `ORDER BY ${orderBy}`,
              most === undefined ? '' : `LIMIT ${readLimit(most)}`,
            ].join(' '),
          })),
    limit: limit === null || limit === undefined ? undefined : readLimit(limit),
  }
}

function readLimit(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw malformedSearch(`unexpected token: ${text}`)
}

function found({ terms, group, returning, limit = MAX_RESULTS }: Search, context: Context): Reply {
  const { database } = context
  const everything = [...database.tables()]
    .filter(({ schema }) => schema.searchable)
    .map(({ schema }): Returning => ({ object: schema.name, fields: 'Id', rest: '' }))
  let left = Math.min(limit, MAX_RESULTS)
  const searchRecords: unknown[] = []
  for (const wanted of returning ?? everything) {
    const table = database.table(wanted.object)
    if (table === undefined) {
      throw refuse(400, 'INVALID_TYPE', `sObject type '${wanted.object}' is not supported.`)
    }
    if (!table.schema.searchable) {
      throw refuse(400, 'INVALID_TYPE', `entity type ${table.schema.name} does not support search`)
    }
    const records = recordsOf(table, wanted, matching(table, terms, group), context)
    searchRecords.push(...records.slice(0, left))
    left = Math.max(0, left - records.length)
  }
  return ok({ searchRecords })
}

/** The records of the rows that were found, chosen and shown as a query does it. */
function recordsOf(
  { schema }: Table,
  { fields, where, rest }: Returning,
  rows: readonly Row[],
  context: Context,
): readonly unknown[] {
  // Without a match the query still tells what is wrong with the fields.
  const ids = rows.length === 0 ? [`${schema.keyPrefix}000000000000`] : rows.map(({ id }) => id)
  const list = ids.map(id => `'${id}'`).join(', ')
  const more = where === undefined ? '' : ` AND (${where})`
  const soql = `SELECT ${fields} FROM ${schema.name} WHERE Id IN (${list})${more} ${rest}`
  try {
    const result = runStatement(parseSoql(soql), false, context)
    return result.page(0, result.length)
  } catch (error) {
    throw asOfSearch(error)
  }
}

/** What is wrong with the query, without its place in a statement that nobody but the emulator wrote. */
function asOfSearch(error: unknown): unknown {
  if (!(error instanceof RequestRefused) || !Array.isArray(error.body)) return error
  const [{ errorCode, message }] = error.body as [ErrorBody]
  const bare = message.replace(/^\n.*\nERROR at Row:\d+:Column:\d+\n/s, '')
  const isMalformed = errorCode === 'MALFORMED_QUERY'
  return refuse(error.status, isMalformed ? 'MALFORMED_SEARCH' : errorCode, bare)
}

function matching(table: Table, terms: readonly Term[], group: SearchGroup): Row[] {
  const slots = table.schema.fields.flatMap(field =>
    isSearched(field, group) && !table.schema.isDerived(field) ? [table.schema.slot(field)] : [],
  )
  const rows: Row[] = []
  for (const row of table.rows()) {
    const isFound = terms.every(term =>
      slots.some(slot => {
        const value = row.values[slot]
        return typeof value === 'string' && holds(value, term)
      }),
    )
    if (isFound) rows.push(row)
    if (rows.length === MAX_RESULTS) break
  }
  return rows
}

/** Most texts do not have the letters of the first word, and are not taken apart. */
function holds(text: string, term: Term): boolean {
  return text.toLowerCase().includes(term.words[0] ?? '') && contains(wordsOf(text), term)
}

const TEXTS: readonly string[] = ['string', 'textarea', 'email', 'phone', 'url', 'combobox']

function isSearched({ type, nameField, compoundFieldName }: Field, group: SearchGroup): boolean {
  switch (group) {
    case 'EMAIL':
      return type === 'email'
    case 'PHONE':
      return type === 'phone'
    case 'NAME':
      return nameField || compoundFieldName === 'Name'
    default:
      return TEXTS.includes(type)
  }
}

function contains(words: readonly string[], { words: wanted, isPrefix }: Term): boolean {
  return words.some((_, start) =>
    wanted.every((word, index) => {
      const at = words[start + index]
      if (at === undefined) return false
      return isPrefix && index === wanted.length - 1 ? at.startsWith(word) : at === word
    }),
  )
}
