/**
 * Resource pattern: the resource that a path leads to, as the call log names it: `composite/sobjects/{object}/{field}`.
 *
 * @module
 */

const FIXED = new Set([
  'batch',
  'composite',
  'describe',
  'graph',
  'limits',
  'parameterizedSearch',
  'query',
  'queryAll',
  'recent',
  'recordCount',
  'search',
  'sobjects',
])

function jobResource([, kind, id, part, ...more]: readonly string[]): string {
  const known = kind === 'ingest' || kind === 'query'
  if (!known || more.length > 0) return kind === undefined ? 'jobs' : 'unknown'
  if (id === undefined) return `jobs/${kind}`
  if (part === undefined) return `jobs/${kind}/{id}`
  return /^(?:batches|results|(?:successful|failed)Results|unprocessedrecords)$/i.test(part)
    ? `jobs/${kind}/{id}/${part}`
    : 'unknown'
}

/** A path as its pattern: what stands for an object, a field or a record is named by its place. */
export function resourceOf(segments: readonly string[]): string {
  const [first, second, third, ...rest] = segments
  if (first === 'services' && second === 'oauth2') return `oauth2/${third ?? ''}`
  if (first === 'services' && second === 'Soap') return `Soap/${third ?? ''}`
  if (first === 'id') return 'id'
  if (second !== 'data') return 'unknown'
  if (third === undefined) return 'versions'
  if (rest[0] === 'jobs') return jobResource(rest)
  if (rest[0] === 'composite' && rest[1] === 'tree') {
    return rest.length === 3 ? 'composite/tree/{object}' : 'unknown'
  }
  let after = rest.lastIndexOf('sobjects')
  if (rest[0]?.startsWith('query') === true) {
    return rest.length === 1 ? String(rest[0]) : `${rest[0]}/{locator}`
  }
  if (after < 0) return rest.every(each => FIXED.has(each)) ? rest.join('/') : 'unknown'
  const isCollection = after > 0
  const named = rest.slice(after + 1).map((segment, index) => {
    if (index === 0) return '{object}'
    if (segment === 'describe') return 'describe'
    if (index === 1) return isCollection || rest.length > after + 3 ? '{field}' : '{id}'
    return '{value}'
  })
  after += 1
  return [...rest.slice(0, after), ...named].join('/')
}
