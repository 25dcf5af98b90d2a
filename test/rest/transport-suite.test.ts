import { restTransport } from 'prospect-sync/rest'
import { transportSuite } from 'prospect-sync/testing'
import { describe, it } from 'vitest'
import { emulated } from './emulated.ts'

describe('restTransport on the emulator', () => {
  transportSuite({ describe, it }, () =>
    emulated(({ url, token }) =>
      restTransport({ session: async () => ({ instanceUrl: url, accessToken: token() }) }),
    ),
  )
})
