/**
 * Composite tree: records with their children, made together or not at all.
 *
 * @see REST API Developer Guide, "sObject Tree", "sObject Tree Request Body", "sObject Tree Response Body"; recorded answers for
 * reference ids and types that are missing or come twice.
 * @module
 */
import { fault, jsonRefused, methodNotAllowed, type RecordFault, refuse } from './fault.ts'
import type { Field } from './field.ts'
import { isJsonObject, type RecordInput, readRecord, withField } from './record-input.ts'
import type { Reply } from './request.ts'
import { type Context, type ResourceRequest, saveContext, tableNamed } from './resource.ts'
import type { SaveResult } from './save.ts'
import { saveList } from './save-list.ts'
import type { Table } from './table.ts'

/** Records of all trees, types among them, levels of one. */
const MAX_RECORDS = 200
const MAX_TYPES = 5
const MAX_LEVELS = 5

interface Node {
  readonly referenceId: string
  readonly table: Table
  readonly input: RecordInput
  /** The reference to its parent; `undefined` for a root. */
  readonly link: { readonly field: Field; readonly parent: Node } | undefined
  readonly level: number
}

interface Result {
  readonly referenceId: string
  readonly id?: string
  readonly errors?: readonly RecordFault[]
}

/** `POST /composite/tree/{object}` */
export function tree(object: string, request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
  const root = tableNamed(object, context)
  const json = request.json()
  if (!isJsonObject(json) || !Array.isArray(json.records)) {
    throw jsonRefused("The request body is required to be an object with an array 'records'")
  }
  const wrong: Result[] = []
  const nodes = readLevels(json.records, root, request, context, wrong)
  checkLimits(nodes)
  wrong.push(...repeatedReferences(nodes))
  if (wrong.length > 0) return failed(wrong)
  const ids = new Map<Node, string>()
  const results = context.database.transaction(
    () => saveAll(nodes, ids, request, context),
    all => all.every(({ errors }) => errors === undefined),
  )
  const errors = results.filter(result => result.errors !== undefined)
  if (errors.length > 0) return failed(errors)
  return { status: 201, body: { hasErrors: false, results } }
}

/** Only what went wrong is named: nothing is saved of the others. */
function failed(results: readonly Result[]): Reply {
  return { status: 400, body: { hasErrors: true, results } }
}

/** The records level by level, and on each level in the order of the request. */
function readLevels(
  roots: readonly unknown[],
  root: Table,
  request: ResourceRequest,
  context: Context,
  wrong: Result[],
): Node[] {
  const nodes: Node[] = []
  type Waiting = { readonly json: unknown; readonly table: Table; readonly link: Node['link'] }
  let waiting: Waiting[] = roots.map(json => ({ json, table: root, link: undefined }))
  for (let level = 1; waiting.length > 0; level++) {
    const next: Waiting[] = []
    for (const { json, table, link } of waiting) {
      const { referenceId, type, fields, children } = readJson(json, table, context)
      const found = checkType(type, table)
      if (found !== undefined) wrong.push({ referenceId, errors: [found] })
      const input = readRecord(table.schema, fields, context.database, request.text)
      const node = { referenceId, table, input, link, level }
      nodes.push(node)
      for (const child of children) {
        const parentLink = { field: child.field, parent: node }
        next.push(...child.records.map(each => ({ ...child, json: each, link: parentLink })))
      }
      if (nodes.length + next.length > MAX_RECORDS * 2) throw tooMany()
    }
    waiting = next
  }
  return nodes
}

function readJson(json: unknown, table: Table, context: Context) {
  if (!isJsonObject(json)) throw jsonRefused('A record is required to be a JSON object')
  const { attributes, ...rest } = json
  const { type, referenceId } = isJsonObject(attributes) ? attributes : {}
  if (typeof referenceId !== 'string' || referenceId === '') {
    // The status is the one that public code tells of.
    throw refuse(403, 'INVALID_INPUT', 'Include a reference ID for each record in the request.')
  }
  const fields: Record<string, unknown> = Object.create(null)
  const children: { field: Field; table: Table; records: readonly unknown[] }[] = []
  for (const [name, value] of Object.entries(rest)) {
    const child =
      isJsonObject(value) && Array.isArray(value.records)
        ? childOf(name, table, context)
        : undefined
    if (child === undefined) fields[name] = value
    else children.push({ ...child, records: (value as { records: unknown[] }).records })
  }
  return { referenceId, type, fields, children }
}

function childOf(name: string, parent: Table, { database }: Context) {
  for (const table of database.tables()) {
    const field = table.schema.fields.find(
      each =>
        each.childRelationshipName?.toLowerCase() === name.toLowerCase() &&
        each.referenceTo.includes(parent.schema.name),
    )
    if (field !== undefined) return { table, field }
  }
  return undefined
}

function checkType(type: unknown, { schema }: Table): RecordFault | undefined {
  if (typeof type !== 'string' || type === '') {
    return fault('INVALID_INPUT', 'Include an entity type for each record in the request.')
  }
  if (type.toLowerCase() === schema.name.toLowerCase()) return undefined
  return fault('INVALID_INPUT', `Invalid entity type provided in the request: ${type}`)
}

function checkLimits(nodes: readonly Node[]): void {
  if (nodes.length > MAX_RECORDS) throw tooMany()
  if (new Set(nodes.map(({ table }) => table)).size > MAX_TYPES) {
    throw refuse(400, 'INVALID_INPUT', `The trees have more than ${MAX_TYPES} types of records`)
  }
  if (nodes.some(({ level }) => level > MAX_LEVELS)) {
    throw refuse(400, 'INVALID_INPUT', `A tree has more than ${MAX_LEVELS} levels`)
  }
}

function tooMany() {
  return refuse(
    400,
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${MAX_RECORDS} records into this call`,
  )
}

function repeatedReferences(nodes: readonly Node[]): Result[] {
  const seen = new Map<string, number>()
  for (const { referenceId } of nodes) seen.set(referenceId, (seen.get(referenceId) ?? 0) + 1)
  const told = new Set<string>()
  return nodes.flatMap(({ referenceId }): Result[] => {
    if (seen.get(referenceId) === 1) return []
    const first = !told.has(referenceId)
    told.add(referenceId)
    const found = first
      ? fault('INVALID_INPUT', 'Duplicate ReferenceId provided in the request.')
      : fault('PROCESSING_HALTED', `Duplicate ReferenceId found: ${referenceId}`)
    return [{ referenceId, errors: [found] }]
  })
}

/** Saves the records of one level and type as one list; the first list with a failure is the last. */
function saveAll(
  nodes: readonly Node[],
  ids: Map<Node, string>,
  request: ResourceRequest,
  context: Context,
): Result[] {
  const how = saveContext(request, context)
  const results: Result[] = []
  for (const group of groups(nodes)) {
    const saved = saveList(
      group,
      ({ table }) => table,
      ({ table, input, link }): SaveResult => {
        const parent = link === undefined ? undefined : ids.get(link.parent)
        const linked =
          link === undefined || parent === undefined ? input : withField(input, link.field, parent)
        return context.dml.insert(table, linked, how)
      },
      context,
    )
    for (const [place, result] of saved.entries()) {
      const node = group[place] as Node
      if (result.ok) ids.set(node, result.id)
      const { referenceId } = node
      results.push(
        result.ok ? { referenceId, id: result.id } : { referenceId, errors: result.faults },
      )
    }
    if (results.some(({ errors }) => errors !== undefined)) break
  }
  return results
}

function groups(nodes: readonly Node[]): Node[][] {
  const found = new Map<string, Node[]>()
  for (const node of nodes) {
    const key = `${node.level} ${node.table.schema.name}`
    const group = found.get(key)
    if (group === undefined) found.set(key, [node])
    else group.push(node)
  }
  return [...found.values()]
}
