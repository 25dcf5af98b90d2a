import { expect, it } from 'vitest'
import { type Cost, costOf } from './regexp-cost.ts'

it.each<[RegExp, Cost]>([
  [/^a+$/, 'linear'],
  [/\s/, 'linear'],
  [/\s+/g, 'linear'],
  [/^[A-Za-z]\w{0,79}$/, 'linear'],
  [/^a*b*c*$/, 'linear'],
  [/^(?:ab|cd)*$/, 'linear'],
  [/found: (.*)$/s, 'linear'],
  [/^Basic\s+(\S+)$/i, 'linear'],
  [/^\/+([^?]*)(?:\?(.*))?$/s, 'linear'],
  [/a=\d+(?:\(n=([^)]{0,99})\))?/g, 'linear'],
  [/a=\d+(?:\(n=([^)]*)\))?/g, 'polynomial'],
  [/x*y/, 'polynomial'],
  [/\s+$/, 'polynomial'],
  [/\/+$/, 'polynomial'],
  // They match in the end, and read much in vain before that.
  [/[^,]*$/, 'polynomial'],
  [/^(.*?)((?:\s*;.*)?)$/s, 'polynomial'],
  [/^(?:\s*\s*x|.*)/s, 'polynomial'],
  [/^(?:(?:a|a)*b|.*)/s, 'exponential'],
  [/^(.*?)((?:;.*)?)$/s, 'linear'],
  [/^\s*\s*$/, 'polynomial'],
  [/^a*a*b$/, 'polynomial'],
  [/^(?:.*)=(?:.*)$/, 'polynomial'],
  // A quote ends what the one before it began, so nothing is read twice.
  [/"[^"]*x/, 'linear'],
  [/"[^,]*x/, 'polynomial'],
  [/a=\d+\(n=([^)]*)\)/g, 'polynomial'],
  [/^(?:a|a)*$/, 'exponential'],
  [/^(?:a+)+$/, 'exponential'],
  [/^(?:a*)*b$/, 'exponential'],
  [/^(?:\w+\s?)*$/, 'exponential'],
  [/^(?:a|aa)+$/, 'exponential'],
  [/^([a-z]+\d*)+$/i, 'exponential'],
])('%s is %s', ({ source, flags }, cost) => {
  expect(costOf(source, flags)).toBe(cost)
})
