/**
 * Sections: parts of a page that a script writes, between two comments that name them.
 *
 * @module
 */

function markers(name: string): [begin: string, end: string] {
  return [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`]
}

/** What a page has in a section. */
export function sectionOf(page: string, name: string): string {
  const [begin, end] = markers(name)
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no section "${name}"`)
  return page.slice(from + begin.length, to).trim()
}

/** A page with other text in a section. */
export function replaceSection(page: string, name: string, text: string): string {
  const [begin, end] = markers(name)
  sectionOf(page, name)
  const from = page.indexOf(begin) + begin.length
  return `${page.slice(0, from)}\n${text}\n${page.slice(page.indexOf(end))}`
}
