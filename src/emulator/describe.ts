/**
 * Describe: what the org says of its objects and fields.
 *
 * @see REST API Developer Guide, "Describe Global", "sObject Basic Information", "sObject Describe", "Get Object Metadata
 * Changes".
 * @module
 */
import type { Database } from './database.ts'
import { methodNotAllowed } from './fault.ts'
import type { Field, FieldType } from './field.ts'
import type { ObjectSchema } from './object-schema.ts'
import { itemJson, recentItems } from './recent.ts'
import { ok, type Reply } from './request.ts'
import { basePath, type Context, type ResourceRequest, tableNamed } from './resource.ts'

/** `GET /sobjects` */
export function describeGlobal(request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  return conditional(request, context, () => ({
    encoding: 'UTF-8',
    maxBatchSize: 200,
    sobjects: [...context.database.tables()]
      .map(({ schema }) => objectFacts(schema, context))
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
  }))
}

/** `GET /sobjects/{object}` */
export function describeBasic(object: string, context: Context): Reply {
  const table = tableNamed(object, context)
  return ok({
    objectDescribe: objectFacts(table.schema, context),
    recentItems: recentItems([table], MAX_RECENT, context).map(row => itemJson(row, context)),
  })
}

/** Records that basic information lists as recent. */
const MAX_RECENT = 5

/** `GET /sobjects/{object}/describe` */
export function describeObject(object: string, request: ResourceRequest, context: Context): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method, ['GET', 'HEAD'])
  const { schema } = tableNamed(object, context)
  const facts = () => ({
    actionOverrides: [],
    ...objectFacts(schema, context),
    childRelationships: childRelationships(schema, context.database),
    compactLayoutable: true,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    searchLayoutable: schema.searchable,
    fields: schema.fields.map(field => fieldFacts(field, schema.mayWrite(field))),
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [
      {
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: 'Master',
        master: true,
        name: 'Master',
        recordTypeId: '012000000000000AAA',
        urls: { layout: `${objectUrl(schema, context)}/describe/layouts/012000000000000AAA` },
      },
    ],
    sobjectDescribeOption: 'FULL',
    supportedScopes: [{ label: `All ${schema.labelPlural.toLowerCase()}`, name: 'everything' }],
  })
  return conditional(request, context, () => inOrder(facts()))
}

/** An object with its members in the order of their names, as a describe has them. */
function inOrder(facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Answers 304 when nothing of the schema changed since the client last asked. */
function conditional(request: ResourceRequest, context: Context, body: () => unknown): Reply {
  // HTTP dates have whole seconds.
  const changedAt = Math.floor(context.schemaChangedAt / 1_000) * 1_000
  const headers = {
    // Recorded with both, and yet only the date is a condition.
    ETag: `"${(changedAt / 1_000).toString(16)}"`,
    'Last-Modified': new Date(changedAt).toUTCString(),
  }
  const since = Date.parse(request.header('if-modified-since') ?? '')
  if (since >= changedAt) return { status: 304, headers }
  return { status: 200, body: body(), headers }
}

function objectUrl(schema: ObjectSchema, context: Context): string {
  return `${basePath(context)}/sobjects/${schema.name}`
}

function objectFacts(schema: ObjectSchema, context: Context) {
  const url = objectUrl(schema, context)
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: schema.createable,
    custom: schema.custom,
    customSetting: false,
    deepCloneable: false,
    deletable: schema.deletable,
    deprecatedAndHidden: false,
    feedEnabled: false,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: schema.keyPrefix,
    label: schema.label,
    labelPlural: schema.labelPlural,
    layoutable: true,
    mergeable: schema.mergeable,
    mruEnabled: true,
    name: schema.name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: schema.searchable,
    triggerable: true,
    undeletable: schema.undeletable,
    updateable: schema.updateable,
    urls: { sobject: url, describe: `${url}/describe`, rowTemplate: `${url}/{ID}` },
  }
}

function childRelationships(parent: ObjectSchema, database: Database): unknown[] {
  const found: unknown[] = []
  for (const { schema } of database.tables()) {
    for (const field of schema.fields) {
      if (!field.referenceTo.includes(parent.name)) continue
      found.push({
        cascadeDelete: field.cascadeDelete,
        childSObject: schema.name,
        deprecatedAndHidden: false,
        field: field.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: field.childRelationshipName,
        restrictedDelete: field.restrictedDelete,
      })
    }
  }
  return found
}

const SOAP_TYPES: Partial<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  address: 'urn:address',
}

/** Bytes of UTF-8 that Salesforce counts for a character. */
const BYTES_PER_CHARACTER = 3

function fieldFacts(field: Field, mayWrite: boolean) {
  const isId = field.type === 'id' || field.type === 'reference'
  return {
    aggregatable: field.filterable && field.type !== 'address' && field.type !== 'boolean',
    aiPredictionField: false,
    autoNumber: field.autoNumber,
    byteLength: isId ? field.length : field.length * BYTES_PER_CHARACTER,
    calculated: false,
    calculatedFormula: null,
    cascadeDelete: field.cascadeDelete,
    caseSensitive: field.caseSensitive,
    compoundFieldName: field.compoundFieldName,
    controllerName: null,
    createable: field.createable && mayWrite,
    custom: field.custom,
    defaultValue: field.defaultValue,
    defaultValueFormula: null,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: field.type === 'int' ? field.precision : 0,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: field.externalId,
    extraTypeInfo: field.extraTypeInfo,
    filterable: field.filterable,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: field.groupable,
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.idLookup,
    inlineHelpText: null,
    label: field.label,
    length: field.length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.nameField,
    namePointing: field.referenceTo.length > 1,
    nillable: field.nillable,
    permissionable: field.nillable && (field.createable || field.updateable),
    picklistValues: field.picklistValues.map(({ value, label }) => ({
      active: true,
      defaultValue: value === field.defaultValue,
      label,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: field.referenceTo.length > 1,
    precision: field.type === 'int' ? 0 : field.precision,
    queryByDistance: field.type === 'address',
    referenceTargetField: null,
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName,
    relationshipOrder: null,
    restrictedDelete: field.restrictedDelete,
    restrictedPicklist: field.restrictedPicklist,
    scale: field.scale,
    searchPrefilterable: false,
    soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
    sortable: field.sortable,
    type: field.type,
    unique: field.unique,
    updateable: field.updateable && mayWrite,
    writeRequiresMasterRead: false,
  }
}
