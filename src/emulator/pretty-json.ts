/**
 * Pretty JSON: answers for people to read, as a client asks for them by `X-PrettyPrint: 1`.
 *
 * @see REST API Developer Guide, the header of its examples; the form is that of recorded answers: an object's members on
 * lines of their own, a list on the line it is on.
 * @module
 */

/** JSON text with line breaks. */
export function prettyJson(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[ ]'
    return `[ ${value.map(each => prettyJson(each ?? null, indent)).join(', ')} ]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  if (members.length === 0) return '{ }'
  const deeper = `${indent}  `
  const lines = members.map(
    ([name, member]) => `${deeper}${JSON.stringify(name)} : ${prettyJson(member, deeper)}`,
  )
  return `{\n${lines.join(',\n')}\n${indent}}`
}
