/**
 * Names of people: a full name in one cell, taken apart.
 *
 * No rule gets every name right; this one keeps every word, and keeps a family name's particles with it.
 *
 * @module
 */

/** A full name taken apart. */
export interface SplitName {
  readonly firstName?: string
  readonly lastName: string
}

/** Words that belong to the family name after them: "van der Berg", "de la Cruz", "bin Salman". */
const particles = new Set(
  `van von vom zu zum zur der den de del della dello dei degli di da das do dos du des d la le las los lo
   bin bint ibn al el ul ter ten te tot op 't af av san santa santo st st. saint mac mc o ni nic ap ben abu`.split(
    /\s+/,
  ),
)

/** What may follow a family name without being one. */
const suffixes = new Set('jr sr ii iii iv phd md esq dds cpa obe mbe'.split(' '))

/**
 * First and last name of a full name. The last word is the last name, with its particles and suffix; one word alone is
 * a last name; "Last, First" is understood. Expects a text that is not blank.
 */
export function splitName(fullName: string): SplitName {
  const name = fullName.trim().replace(/\s+/g, ' ')
  const comma = name.search(/[,،，、]/)
  if (comma > 0) {
    const before = name.slice(0, comma).trim()
    const after = name.slice(comma + 1).trim()
    if (after === '') return splitWords(before)
    // "Beyer, Jr." is one family name, "Beyer, Donald" a reversed one.
    if (!after.split(/[ ,]+/).every(isSuffix)) return { firstName: after, lastName: before }
    const { lastName, ...first } = splitWords(before)
    return { ...first, lastName: `${lastName}, ${after}` }
  }
  return splitWords(name)
}

function splitWords(name: string): SplitName {
  const words = name.split(' ')
  let start = words.length - 1
  while (start > 0 && isSuffix(words[start])) start -= 1
  while (start > 0 && belongsToNext(words, start - 1)) start -= 1
  // "Ortega y Gasset" is one family name.
  if (start > 2 && words[start - 1]?.toLowerCase() === 'y') start -= 2
  const lastName = words.slice(start).join(' ')
  return start === 0 ? { lastName } : { firstName: words.slice(0, start).join(' '), lastName }
}

function belongsToNext(words: readonly string[], index: number): boolean {
  const word = words[index] ?? ''
  if (!particles.has(word.toLowerCase().replace('’', "'"))) return false
  // "Van Morrison" and "Al Gore" have first names; "de Gaulle" has none.
  return index > 0 || word === word.toLowerCase()
}

function isSuffix(word: string | undefined): boolean {
  return word !== undefined && suffixes.has(word.toLowerCase().replaceAll('.', ''))
}

/** Words that companies have in their names and people do not. */
const companyWord =
  /(^|[\s.,&])(inc|corp|corporation|co|company|companies|ltd|limited|llc|llp|plc|gmbh|ag|kg|se|sa|s\.a|sarl|srl|spa|bv|nv|ab|oy|as|group|holdings?|bank|trust|partners|industries|technologies|systems|international|&)([\s.,]|$)/i

/** Whether a text could be the name of a person. */
export function couldBePerson(text: string): boolean {
  return !/[\d@/\\|;]/.test(text) && text.length <= 121 && !companyWord.test(text)
}

/** Whether a text looks like a person's full name: two to five words, or one that is not in the Latin alphabet. */
export function looksLikeFullName(text: string): boolean {
  if (!couldBePerson(text)) return false
  const words = text.trim().split(/\s+/).length
  return (words >= 2 && words <= 5) || !/\p{Script=Latin}/u.test(text)
}
