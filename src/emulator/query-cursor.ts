/**
 * Query cursors: the rest of a result that did not fit its page.
 *
 * @see REST API Developer Guide, "Query", "Query More Results".
 * @module
 */
import { RecordIds } from './record-id.ts'

/** A result that can be read page by page. */
export interface ResultPages {
  readonly totalSize: number
  /** How many records there are to page through: 0 for a bare count. */
  readonly length: number
  /** Records of the answer from one position up to another. */
  page(from: number, to: number): readonly unknown[]
  /** Has later pages show the rows as they are now, whatever becomes of them. */
  keep(): void
}

/** A result being read page by page. Its rows are fixed when the query runs. */
export interface Cursor {
  readonly result: ResultPages
  readonly pageSize: number
}

/** Cursors an org keeps; beyond it the oldest is gone. */
const MAX_CURSORS = 200

/** The open cursors of one org. */
export class QueryCursors {
  readonly #ids = new RecordIds()
  readonly #cursors = new Map<string, Cursor>()

  /** Keeps a result and gives its locator. */
  open(cursor: Cursor): string {
    cursor.result.keep()
    const locator = this.#ids.next('01g')
    this.#cursors.set(locator, cursor)
    const [oldest] = this.#cursors.keys()
    if (this.#cursors.size > MAX_CURSORS && oldest !== undefined) this.#cursors.delete(oldest)
    return locator
  }

  find(locator: string): Cursor | undefined {
    return this.#cursors.get(locator)
  }
}
