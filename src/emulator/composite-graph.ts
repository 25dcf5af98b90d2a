/**
 * Composite graph: graphs of up to 500 requests to single records, each graph saved whole or not at all.
 *
 * @see REST API Developer Guide, "Using Composite Graphs", "Composite Graph Limits".
 * @module
 */
import type { SubrequestEntry } from './call-log.ts'
import {
  type CompositeReply,
  haltedResult,
  readSubrequests,
  runTogether,
  type Subrequest,
  type SubrequestResult,
} from './composite.ts'
import { jsonRefused, methodNotAllowed, notFound, type RequestRefused, refuse } from './fault.ts'
import { isJsonObject } from './record-input.ts'
import type { Context, Resource, ResourceRequest } from './resource.ts'

const MAX_GRAPHS = 75
const MAX_NODES = 500
const MAX_DEPTH = 15
/** Nodes are different by API version, method and object. */
const MAX_DIFFERENT = 15
/** Graphs that may fail; one more, and those behind it are not processed. */
const MAX_FAILURES = 14

interface Graph {
  readonly graphId: string
  readonly subrequests: readonly Subrequest[]
}

/** `POST /composite/graph` */
export function graph(request: ResourceRequest, context: Context, route: Resource): CompositeReply {
  if (Number(context.version) < 50) throw notFound()
  if (request.method !== 'POST') throw methodNotAllowed(request.method, ['POST'])
  const graphs = readGraphs(request.json())
  const subrequests: SubrequestEntry[] = []
  const answers: unknown[] = []
  let failures = 0
  for (const { graphId, subrequests: nodes } of graphs) {
    const isHalted = failures > MAX_FAILURES
    const { results, isWhole } = isHalted
      ? { results: nodes.map(halted), isWhole: false }
      : runTogether(nodes, request, context, route)
    if (!isWhole) failures++
    for (const [index, { method, url }] of nodes.entries()) {
      subrequests.push({ method, url, status: results[index]?.httpStatusCode ?? 0 })
    }
    answers.push({
      graphId,
      graphResponse: { compositeResponse: results },
      isSuccessful: isWhole,
    })
  }
  return { status: 200, body: { graphs: answers }, subrequests }
}

function halted({ referenceId }: Subrequest): SubrequestResult {
  return haltedResult({ body: null, httpHeaders: {}, httpStatusCode: 400, referenceId })
}

function readGraphs(json: unknown): readonly Graph[] {
  if (!isJsonObject(json) || !Array.isArray(json.graphs)) {
    throw jsonRefused("The request body is required to be an object with an array 'graphs'")
  }
  if (json.graphs.length > MAX_GRAPHS) throw tooMany('graphs', json.graphs.length, MAX_GRAPHS)
  const graphs = json.graphs.map(readGraph)
  const ids = new Set(graphs.map(({ graphId }) => graphId))
  if (ids.size < graphs.length) throw invalid('A graphId is not unique')
  const nodes = graphs.flatMap(({ subrequests }) => subrequests)
  if (nodes.length > MAX_NODES) throw tooMany('nodes', nodes.length, MAX_NODES)
  const kinds = new Set(nodes.map(kindOf))
  if (kinds.size > MAX_DIFFERENT) throw tooMany('different nodes', kinds.size, MAX_DIFFERENT)
  return graphs
}

function readGraph(json: unknown): Graph {
  if (!isJsonObject(json) || !Array.isArray(json.compositeRequest)) {
    throw jsonRefused("A graph is required to have an array 'compositeRequest'")
  }
  const { graphId, compositeRequest } = json
  if (typeof graphId !== 'string' || !/^[A-Za-z0-9][^.]{0,38}$/.test(graphId)) {
    throw invalid(
      'A graphId begins with a letter or a number, has less than 40 characters and no period',
    )
  }
  if (compositeRequest.length > MAX_NODES) {
    throw tooMany('nodes', compositeRequest.length, MAX_NODES)
  }
  const subrequests = readSubrequests(compositeRequest)
  for (const subrequest of subrequests) checkUrl(subrequest)
  const depth = depthOf(subrequests)
  if (depth > MAX_DEPTH) throw tooMany('levels', depth, MAX_DEPTH)
  return { graphId, subrequests }
}

const TARGETS: readonly (readonly [pattern: RegExp, methods: readonly string[]])[] = [
  [/^\/services\/data\/v\d+\.\d\/+sobjects\/+[^/?]+\/*$/, ['POST']],
  [
    /^\/services\/data\/v\d+\.\d\/+sobjects\/+[^/?]+\/+[^/?]+\/*(?:\?.*)?$/,
    ['DELETE', 'GET', 'PATCH'],
  ],
  [
    /^\/services\/data\/v\d+\.\d\/+sobjects\/+[^/?]+\/+[^/?]+\/+[^/?]+\/*(?:\?.*)?$/,
    ['DELETE', 'GET', 'PATCH', 'POST'],
  ],
]

/** @throws RequestRefused for what is no request to one record. */
function checkUrl({ method, url, referenceId }: Subrequest): void {
  if (TARGETS.some(([pattern, methods]) => pattern.test(url) && methods.includes(method))) return
  throw invalid(`The request of '${referenceId}' is not supported in a graph: ${method} ${url}`)
}

function kindOf({ method, url }: Subrequest): string {
  const [, version = '', object = ''] =
    /^\/services\/data\/(v\d+\.\d)\/+sobjects\/+([^/?]+)/.exec(url) ?? []
  return `${version} ${method} ${object.toLowerCase()}`
}

/** The longest chain of references. */
function depthOf(subrequests: readonly Subrequest[]): number {
  const depths = new Map<string, number>()
  for (const { referenceId, url, body } of subrequests) {
    const text = url + (JSON.stringify(body) ?? '')
    let depth = 1
    for (const [, to = ''] of text.matchAll(/@\{([A-Za-z0-9]\w*)/g)) {
      depth = Math.max(depth, (depths.get(to) ?? 0) + 1)
    }
    depths.set(referenceId, depth)
  }
  return Math.max(0, ...depths.values())
}

function tooMany(what: string, count: number, most: number): RequestRefused {
  return refuse(400, 'LIMIT_EXCEEDED', `The request has ${count} ${what}; the maximum is ${most}`)
}

function invalid(message: string): RequestRefused {
  return refuse(400, 'INVALID_INPUT', message)
}
