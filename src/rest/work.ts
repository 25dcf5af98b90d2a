/**
 * Work: a part of a call as the requests it takes, and its reply from their answers.
 *
 * @module
 */
import type {
  ChangesPart,
  DescribePart,
  LookupPart,
  Part,
  PartReply,
  Row,
  SalesforceError,
  WritePart,
} from 'prospect-sync'
import { describedObject } from './description.ts'
import { malformedCall, untrustedReply } from './failure.ts'
import { type Answer, allocationsOf, identityOf, page, partFault, writeResults } from './reply.ts'
import {
  type ApiRequest,
  describeRequest,
  identityRequest,
  limitsRequest,
  pageRequest,
  queryRequest,
  type RequestStyle,
  writeRequest,
} from './request.ts'
import { rowOf } from './row.ts'
import { callValues } from './secrets.ts'
import { changesStatement, lookupStatements } from './soql.ts'

/** Asks for one more thing while a reply is put together. */
export type Ask = (request: ApiRequest) => Promise<Answer>

/** What a part takes. */
export interface Work {
  readonly requests: readonly ApiRequest[]
  /** @param answers - To the requests, by position. */
  reply(answers: readonly Answer[], ask: Ask): Promise<PartReply>
}

/** @throws {@link TransportError} `refused` when the part cannot be sent as it was meant. */
export function workOf(part: Part, style: RequestStyle): Work {
  switch (part.kind) {
    case 'write':
      return single(part, writeRequest(part, style), answer => writeReply(part, answer))
    case 'describe':
      return single(part, describeRequest(part, style), answer => describeReply(part, answer))
    case 'identity':
      return single(part, identityRequest(), answer => ({ identity: identityOf(answer) }))
    case 'limits':
      return single(part, limitsRequest(style), answer => ({ allocations: allocationsOf(answer) }))
    case 'lookup':
      return reading(part, lookupStatements(part), style)
    case 'changes':
      return reading(part, [changesStatement(part)], style)
    default:
      throw malformedCall('it has a part of a kind this transport does not carry')
  }
}

function single(part: Part, request: ApiRequest, read: (answer: Answer) => PartReply): Work {
  return {
    requests: [request],
    async reply([answer]) {
      if (!answer) throw untrustedReply('a request in it has no answer', undefined)
      const refused = partFault(answer, callValues({ parts: [part] }))
      return refused ? { refused } : read(answer)
    },
  }
}

function writeReply(part: WritePart, answer: Answer): PartReply {
  return { results: writeResults(part, answer) }
}

function describeReply(part: DescribePart, answer: Answer): PartReply {
  const lastModified =
    answer.header('last-modified') ?? answer.header('date') ?? part.ifModifiedSince
  if (answer.status !== 304) {
    const described = describedObject(answer.body, part.object)
    return { described, ...(lastModified !== undefined && { lastModified }) }
  }
  // The date of an unchanged object is the date it was asked with: that of this answer would skip what comes between.
  const since = part.ifModifiedSince ?? lastModified
  return { described: 'unchanged', ...(since !== undefined && { lastModified: since }) }
}

function reading(
  part: LookupPart | ChangesPart,
  statements: readonly string[],
  style: RequestStyle,
): Work {
  const isChanges = part.kind === 'changes'
  const all = isChanges || part.deleted === true
  return {
    requests: statements.map(statement => queryRequest(statement, all, style)),
    async reply(answers, ask) {
      // By id: two statements of one lookup can find one record, where the org ignores case and the values differ in it.
      const rows = new Map<string, Row>()
      for (const answer of answers) {
        const refused = await collect(answer, part, rows, ask)
        if (refused) return { refused }
      }
      const found = [...rows.values()]
      return isChanges ? { rows: found, more: found.length >= part.limit } : { rows: found }
    },
  }
}

/** Reads an answer and every page after it. */
async function collect(
  first: Answer,
  part: LookupPart | ChangesPart,
  rows: Map<string, Row>,
  ask: Ask,
): Promise<SalesforceError | undefined> {
  let answer = first
  for (;;) {
    const refused = partFault(answer, callValues({ parts: [part] }))
    if (refused) return refused
    const { records, next } = page(answer)
    for (const record of records) {
      const row = rowOf(record, part.object, part.select)
      rows.set(row.id, row)
    }
    if (next === undefined) return undefined
    const request = pageRequest(next)
    if (!request) throw untrustedReply('its next page is not below /services/data/', answer.status)
    answer = await ask(request)
  }
}
