/**
 * Seed: records for an org, from CSV or JSON, as they come.
 *
 * Ids of the source are not kept; references to records that were seeded before are carried over to their new ids.
 *
 * @module
 */
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { toId18 } from 'prospect-sync'
import { isJsonObject } from './record-input.ts'
import type { Table } from './table.ts'

/** Text of a CSV or JSON file, whole or in pieces, or records. JSON is an array, `{ records }`, or an object a line. */
export type SeedSource =
  | string
  | Iterable<string | Uint8Array | Readonly<Record<string, unknown>>>
  | AsyncIterable<string | Uint8Array | Readonly<Record<string, unknown>>>

/** How far a seed is. */
export interface SeedProgress {
  readonly records: number
  /** Bytes of text read so far; 0 for records. */
  readonly bytes: number
}

/** How an org is seeded. */
export interface SeedOptions {
  /** Called every 10,000 records, and at the end. */
  readonly onProgress?: (progress: SeedProgress) => void
}

/** What a seed did. */
export interface Seeded {
  readonly records: number
  /** Columns that were left out: fields that the org fills in by itself. */
  readonly ignored: readonly string[]
}

const EVERY = 10_000

/**
 * Makes a record of each of the source's.
 *
 * @param ids - From ids of sources to those of the org, kept over several seeds.
 * @param insert - Makes a record and gives its id.
 * @throws Error for a column that is no field, or a record that the org refuses; it names the record's place.
 */
export async function seedTable(
  table: Table,
  source: SeedSource,
  ids: Map<string, string>,
  insert: (fields: Readonly<Record<string, unknown>>) => string,
  { onProgress }: SeedOptions,
): Promise<Seeded> {
  const count = { records: 0, bytes: 0 }
  const ignored = new Set<string>()
  for await (const record of recordsOf(source, count)) {
    const place = count.records + 1
    try {
      const id = insert(fieldsOf(record, table, ids, ignored))
      const old = toId18(String(record.Id ?? ''))
      if (old !== undefined) ids.set(old, id)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`record ${place} of the ${table.schema.name} seed: ${message}`, {
        cause: error,
      })
    }
    count.records = place
    if (place % EVERY === 0) onProgress?.({ ...count })
  }
  onProgress?.({ ...count })
  return { records: count.records, ignored: [...ignored] }
}

function fieldsOf(
  record: Readonly<Record<string, unknown>>,
  { schema }: Table,
  ids: ReadonlyMap<string, string>,
  ignored: Set<string>,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record)) {
    if (name === 'attributes' || name === 'Id') continue
    const field = schema.field(name)
    if (field === undefined && !name.includes('.') && !isJsonObject(value)) {
      throw new Error(`${schema.name} has no field ${name}`)
    }
    if (field !== undefined && !field.createable) {
      ignored.add(name)
      continue
    }
    if (value === '' || value === null || value === undefined) continue
    const [relation, key] = name.split('.')
    if (field === undefined && relation !== undefined && key !== undefined) {
      // As in Bulk API 2.0: `Account.Key__c` names a parent by a key.
      fields[relation] = { [key]: value }
    } else if (field?.type === 'reference') {
      fields[name] = ids.get(toId18(String(value)) ?? '') ?? value
    } else {
      fields[name] =
        field?.type === 'boolean' && typeof value === 'string' ? value.toLowerCase() : value
    }
  }
  return fields
}

type Piece = string | Uint8Array | Readonly<Record<string, unknown>>

async function* recordsOf(
  source: SeedSource,
  count: { bytes: number },
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const pieces = piecesOf(source)
  const first = await pieces.next()
  if (first.done === true) return
  if (!isText(first.value)) {
    yield first.value
    for await (const piece of pieces) {
      if (isText(piece)) throw mixed()
      yield piece
    }
    return
  }
  const bytes = bytesOf(first.value, pieces, count)
  if (/^\uFEFF?\s*[[{]/.test(Buffer.from(first.value).toString())) {
    const chunks: Buffer[] = []
    for await (const chunk of bytes) chunks.push(chunk)
    yield* jsonRecords(Buffer.concat(chunks).toString())
    return
  }
  const rows = Readable.from(bytes).pipe(parse({ bom: true, columns: true }))
  for await (const row of rows) yield row as Readonly<Record<string, string>>
}

async function* piecesOf(source: SeedSource): AsyncGenerator<Piece> {
  if (typeof source === 'string') yield source
  else yield* source
}

function isText(piece: Piece): piece is string | Uint8Array {
  return typeof piece === 'string' || piece instanceof Uint8Array
}

async function* bytesOf(
  first: string | Uint8Array,
  rest: AsyncIterable<Piece>,
  count: { bytes: number },
): AsyncGenerator<Buffer> {
  const counted = (piece: string | Uint8Array): Buffer => {
    const chunk = Buffer.from(piece)
    count.bytes += chunk.length
    return chunk
  }
  yield counted(first)
  for await (const piece of rest) {
    if (!isText(piece)) throw mixed()
    yield counted(piece)
  }
}

function mixed(): Error {
  return new Error('a seed is text or records, not both')
}

function* jsonRecords(text: string): Generator<Readonly<Record<string, unknown>>> {
  const bare = text.replace(/^\uFEFF/, '').trim()
  const isLines = bare.startsWith('{') && /\}[^\S\n]*\n\s*\{/.test(bare)
  const json: unknown = isLines ? bare.split('\n').map(line => JSON.parse(line)) : JSON.parse(bare)
  const list = isJsonObject(json) ? (json.records ?? [json]) : json
  if (!Array.isArray(list)) throw new Error('the JSON of a seed has no list of records')
  for (const record of list) {
    if (!isJsonObject(record)) throw new Error('the JSON of a seed has a record that is no object')
    yield record
  }
}
