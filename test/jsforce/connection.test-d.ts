import type { Connection } from 'jsforce'
import type { Transport } from 'prospect-sync'
import type { ConnectionLike, jsforceTransport } from 'prospect-sync/jsforce'
import { expectTypeOf, test } from 'vitest'

test('the real Connection of jsforce has the shape that is used of it', () => {
  expectTypeOf<Connection>().toExtend<ConnectionLike>()
  expectTypeOf<typeof jsforceTransport>().toBeCallableWith({} as Connection)
  expectTypeOf<ReturnType<typeof jsforceTransport>>().toEqualTypeOf<Transport>()
})

test('no member of that shape is any', () => {
  expectTypeOf<ConnectionLike['instanceUrl']>().toBeString()
  expectTypeOf<ConnectionLike['accessToken']>().toEqualTypeOf<string | null | undefined>()
  expectTypeOf<ConnectionLike['refreshToken']>().toEqualTypeOf<string | null | undefined>()
})
