/**
 * Set-up objects: what an administrator made, and clients may read through the API and nothing else.
 *
 * @module
 */

/** What none of them allows. */
export const SETUP_OBJECT = {
  createable: false,
  updateable: false,
  deletable: false,
  undeletable: false,
  searchable: false,
} as const
