/**
 * Describe: what the org says of its objects and fields.
 *
 * @see REST API Developer Guide, "Describe Global", "sObject Basic Information", "sObject Describe", "Get Object Metadata
 * Changes".
 * @module
 */
import type { Database } from './database.ts'
import { featuresOf, ownFacts } from './describe-facts.ts'
import { methodNotAllowed } from './fault.ts'
import type { Field, FieldType } from './field.ts'
import { filterScopes } from './filter-scope.ts'
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
  return conditional(request, context, () => {
    const version = Number(context.version)
    const url = objectUrl(schema, context)
    const facts = objectFacts(schema, context)
    return sorted({
      ...facts,
      ...(version >= INTERFACES_SINCE && {
        defaultImplementation: null,
        extendedBy: null,
        extendsInterfaces: null,
        implementedBy: null,
        implementsInterfaces: null,
      }),
      actionOverrides: [],
      childRelationships: childRelationships(schema, context.database),
      compactLayoutable: true,
      fields: schema.fields.map(field => knownFacts(schema, field, version)),
      listviewable: null,
      lookupLayoutable: null,
      namedLayoutInfos: [],
      networkScopeFieldName: null,
      recordTypeInfos: [
        {
          active: true,
          available: true,
          defaultRecordTypeMapping: true,
          ...(version >= DEVELOPER_NAME_SINCE && { developerName: 'Master' }),
          master: true,
          name: 'Master',
          recordTypeId: '012000000000000AAA',
          urls: { layout: `${url}/describe/layouts/012000000000000AAA` },
        },
      ],
      searchLayoutable: schema.searchable,
      sobjectDescribeOption: 'FULL',
      supportedScopes: filterScopes(schema),
      urls: {
        ...facts.urls,
        uiDetailTemplate: `${context.origin}/{ID}`,
        uiEditTemplate: `${context.origin}/{ID}/e`,
        uiNewRecord: `${context.origin}/${schema.keyPrefix}/e`,
      },
    })
  })
}

/** First versions whose answers have some keys: recorded of 42, 48 and 59, so between those unconfirmed. */
const INTERFACES_SINCE = 48
const ASSOCIATES_SINCE = 50
const DEVELOPER_NAME_SINCE = 43

/** Answers have their keys in alphabetical order. Most facts are written down in it: only the others are sorted. */
function sorted<T extends object>(facts: T): T {
  let last = ''
  for (const name in facts) {
    if (name < last) return resorted(facts)
    last = name
  }
  return facts
}

function resorted<T extends object>(facts: T): T {
  const entries = Object.entries(facts).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries) as T
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
  const version = Number(context.version)
  const { deepCloneable, feedEnabled, layoutable, mruEnabled } = featuresOf(schema.name)
  return sorted({
    activateable: false,
    ...(version >= ASSOCIATES_SINCE && { associateEntityType: null, associateParentEntity: null }),
    createable: schema.createable,
    custom: schema.custom,
    customSetting: false,
    ...(version >= INTERFACES_SINCE && { deepCloneable }),
    deletable: schema.deletable,
    deprecatedAndHidden: false,
    feedEnabled,
    hasSubtypes: false,
    ...(version >= INTERFACES_SINCE && { isInterface: false }),
    isSubtype: false,
    keyPrefix: schema.keyPrefix,
    label: schema.label,
    labelPlural: schema.labelPlural,
    layoutable,
    mergeable: schema.mergeable,
    mruEnabled,
    name: schema.name,
    queryable: true,
    replicateable: true,
    retrieveable: true,
    searchable: schema.searchable,
    triggerable: schema.name !== 'Organization',
    undeletable: schema.undeletable,
    updateable: schema.updateable,
    urls: urlsOf(schema, context),
  })
}

/** Where an answer leads. Layouts, list views and quick actions are told, and not served. */
function urlsOf(schema: ObjectSchema, context: Context) {
  const url = objectUrl(schema, context)
  const { layoutable, hasTab } = featuresOf(schema.name)
  return {
    ...(layoutable && { compactLayouts: `${url}/describe/compactLayouts` }),
    rowTemplate: `${url}/{ID}`,
    ...(hasTab && {
      approvalLayouts: `${url}/describe/approvalLayouts`,
      listviews: `${url}/listviews`,
    }),
    ...(schema.name === 'User' && {
      namedLayouts: `${url}/describe/namedLayouts/{LayoutName}`,
      passwordUtilities: `${url}/{ID}/password`,
    }),
    describe: `${url}/describe`,
    ...((hasTab || schema.name === 'User') && { quickActions: `${url}/quickActions` }),
    ...(layoutable && { layouts: `${url}/describe/layouts` }),
    sobject: url,
  }
}

function childRelationships(parent: ObjectSchema, database: Database): unknown[] {
  const found: unknown[] = []
  for (const { schema } of database.tables()) {
    for (const field of schema.fields) {
      if (!field.referenceTo.includes(parent.name) || field.name === 'MasterRecordId') continue
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
  anyType: 'xsd:anyType',
  address: 'urn:address',
}

/** Bytes of UTF-8 that Salesforce counts for a character. */
const BYTES_PER_CHARACTER = 3

/** What was worked out of a field, by object, version and access: the standard fields are the same in every org. */
const factsOf = new WeakMap<Field, Map<string, FieldFacts>>()

type FieldFacts = Readonly<ReturnType<typeof fieldFacts>>

function knownFacts(schema: ObjectSchema, field: Field, version: number): FieldFacts {
  const known = factsOf.get(field) ?? new Map<string, FieldFacts>()
  factsOf.set(field, known)
  const name = `${schema.name} ${version} ${schema.mayWrite(field)}`
  const facts = known.get(name) ?? fieldFacts(schema, field, version)
  known.set(name, facts)
  return facts
}

function fieldFacts(schema: ObjectSchema, field: Field, version: number) {
  const isId = field.type === 'id' || field.type === 'reference'
  const mayWrite = schema.mayWrite(field)
  return sorted({
    aggregatable: field.filterable && field.type !== 'address' && field.type !== 'boolean',
    ...(version >= INTERFACES_SINCE && { aiPredictionField: false }),
    autoNumber: field.autoNumber,
    byteLength: isId ? field.length : field.length * BYTES_PER_CHARACTER,
    calculated: false,
    calculatedFormula: null,
    // Of a custom master-detail field; what a standard parent takes along is told by its child relationships.
    cascadeDelete: field.custom && field.cascadeDelete,
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
    ...(version >= INTERFACES_SINCE && { formulaTreatNullNumberAsZero: false }),
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
    permissionable:
      field.type === 'address' ||
      (field.nillable &&
        field.compoundFieldName !== 'Name' &&
        (field.createable || field.updateable)),
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
    ...ownFacts(schema.name, field.name),
  })
}
