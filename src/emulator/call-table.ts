/**
 * Call table: the call log as text, for people.
 *
 * @module
 */
import type { CallLogEntry } from './call-log.ts'

const HEADER = ['at', 'method', 'resource', 'status', 'calls', 'sent', 'answered', 'client', 'note']

/** Columns of numbers, which stand to the right. */
const RIGHT = new Set(['status', 'calls', 'sent', 'answered'])

/** Calls as a table, a line for each, subrequests indented below theirs, and a line of sums at the end. */
export function callTable(calls: readonly CallLogEntry[]): string {
  const rows = calls.flatMap(rowsOf)
  const counted = calls.reduce((sum, call) => sum + call.counted, 0)
  const sent = calls.reduce((sum, call) => sum + call.requestBytes, 0)
  const answered = calls.reduce((sum, call) => sum + call.responseBytes, 0)
  const sums = [
    '',
    '',
    `${calls.length} requests`,
    '',
    String(counted),
    String(sent),
    String(answered),
    '',
    '',
  ]
  const all = [HEADER, ...rows, sums]
  const widths = HEADER.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return RIGHT.has(HEADER[column] ?? '') ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(HEADER), ...rows.map(line), line(sums)].join('\n')
}

function rowsOf(call: CallLogEntry): string[][] {
  const { at, method, resource, status, counted, requestBytes, responseBytes } = call
  const row = [
    new Date(at).toISOString().slice(11, 23),
    method,
    resource,
    status === 0 ? '-' : String(status),
    String(counted),
    String(requestBytes),
    String(responseBytes),
    call.client ?? '',
    call.fault ?? '',
  ]
  const subrequests = (call.subrequests ?? []).map(sub => {
    const path = sub.url.replace(/^.*\/services\/data\/v[\d.]+\//, '').replace(/\?.*$/s, '')
    return ['', '', `  ${sub.method} ${path}`, String(sub.status), '', '', '', '', '']
  })
  return [row, ...subrequests]
}
