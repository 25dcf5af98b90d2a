import { Connection } from 'jsforce'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { transportSuite } from 'prospect-sync/testing'
import { describe, it } from 'vitest'
import { emulated } from '../rest/emulated.ts'

describe('jsforceTransport on the emulator', () => {
  transportSuite({ describe, it }, () =>
    emulated(({ url, token }) => {
      const connection = new Connection({ instanceUrl: url, accessToken: token() })
      return jsforceTransport(connection, { refresh: async () => ({ accessToken: token() }) })
    }),
  )
})
