/**
 * Representation: what format a client asks for. The emulator writes JSON, and CSV where that is what there is; who takes XML
 * only is refused.
 *
 * @see REST API Developer Guide, "REST API Architecture": the header Accept, or `.json` and `.xml` behind the URI up to
 * version 57.
 * @module
 */
import { refuse } from './fault.ts'

/** The last version in which a suffix of the URI names the format. */
const LAST_WITH_SUFFIX = 57

/** The path without the format in its suffix. @throws RequestRefused 406 when the client takes no JSON. */
export function withoutFormat(
  path: readonly string[],
  version: string,
  accept: string | undefined,
): readonly string[] {
  if (accept !== undefined && takesXmlOnly(accept)) throw notAcceptable()
  const last = path.at(-1) ?? ''
  // Where the last segment is a value, it is nobody's suffix.
  const isValue = path[0] === 'sobjects' && path.length >= 4
  const [, bare, format] = /^(.+)\.(json|xml)$/i.exec(last) ?? []
  if (bare === undefined || isValue || Number(version) > LAST_WITH_SUFFIX) return path
  if (format?.toLowerCase() === 'xml') throw notAcceptable()
  return [...path.slice(0, -1), bare]
}

function takesXmlOnly(accept: string): boolean {
  const types = accept.split(',').map(type => type.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  const isXml = (type: string) => /[/+]xml$/.test(type)
  return types.some(isXml) && !types.some(type => /\*|json|csv/.test(type))
}

function notAcceptable() {
  return refuse(406, 'NOT_ACCEPTABLE', 'The emulator answers in JSON')
}
