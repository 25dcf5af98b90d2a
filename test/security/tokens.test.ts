/** How sessions are renewed: once, in order, and remembered before they are used. */
import type { Call } from 'prospect-sync'
import { jsforceTransport } from 'prospect-sync/jsforce'
import { restTransport } from 'prospect-sync/rest'
import { expect, onTestFinished, test } from 'vitest'
import { context, json, loopback, saved } from '../rest/loopback.ts'

const CALL: Call = {
  parts: [
    {
      kind: 'write',
      operation: 'create',
      records: [{ object: 'Lead', fields: { LastName: 'L', Company: 'C' } }],
    },
  ],
}

/** An org that rotates refresh tokens, and ends the grant when one is presented twice. */
async function rotatingOrg() {
  const state = { refreshToken: 'R0', accessToken: '', revoked: false }
  const presented: string[] = []
  const firstUses: { token: string; at: number }[] = []
  const org = await loopback((asked, response) => {
    if (asked.url.endsWith('/token')) {
      const token = new URLSearchParams(asked.body).get('refresh_token') ?? ''
      if (token !== state.refreshToken || state.revoked) state.revoked = true
      presented.push(token)
      if (state.revoked) return json(response, { error: 'invalid_grant' }, 400)
      state.refreshToken = `R${presented.length}`
      state.accessToken = `A${presented.length}`
      return json(response, {
        access_token: state.accessToken,
        refresh_token: state.refreshToken,
        instance_url: org.url,
      })
    }
    const token = asked.headers.authorization ?? ''
    if (!firstUses.some(use => use.token === token)) firstUses.push({ token, at: firstUses.length })
    if (token !== `Bearer ${state.accessToken}`) {
      return json(response, [{ errorCode: 'INVALID_SESSION_ID', message: '' }], 401)
    }
    onUse(token)
    json(response, saved(asked.body))
  })
  let onUse: (token: string) => void = () => {}
  onTestFinished(() => org[Symbol.asyncDispose]())
  return {
    org,
    state,
    presented,
    whenUsed(run: typeof onUse) {
      onUse = run
    },
  }
}

test('S-5: twenty transports on one connection present each refresh token once', async () => {
  const { org, state, presented, whenUsed } = await rotatingOrg()
  const oauth2 = { clientId: 'id', loginUrl: org.url }
  const stored: string[] = []
  const connection = {
    instanceUrl: org.url,
    accessToken: 'old',
    refreshToken: 'R0',
    oauth2,
    emit: (_event: 'refresh', accessToken: string) => stored.push(accessToken),
  }
  // Whenever a new session is used, the connection holds it, its refresh token too, and the application was told.
  whenUsed(token => {
    expect(`Bearer ${connection.accessToken}`).toBe(token)
    expect(connection.refreshToken).toBe(state.refreshToken)
    expect(stored.at(-1)).toBe(connection.accessToken)
  })
  const transports = Array.from({ length: 20 }, () => jsforceTransport(connection))
  onTestFinished(async () => {
    for (const transport of transports) await transport.close?.()
  })
  const rounds = 5
  for (let round = 1; round <= rounds; round++) {
    state.accessToken = 'expired'
    await Promise.all(transports.map(transport => transport.send(CALL, context())))
  }
  expect(presented).toEqual(Array.from({ length: rounds }, (_, round) => `R${round}`))
  expect(stored).toHaveLength(rounds)
  expect(state.revoked).toBe(false)
})

test('S-5: a grant that was revoked is asked for once a call, and not used again', async () => {
  const { org, state, presented } = await rotatingOrg()
  const oauth2 = { clientId: 'id', loginUrl: org.url }
  const connection = { instanceUrl: org.url, accessToken: 'old', refreshToken: 'stolen', oauth2 }
  const transport = jsforceTransport(connection)
  onTestFinished(() => transport.close?.())
  for (let attempt = 1; attempt <= 3; attempt++) {
    await expect(transport.send(CALL, context())).rejects.toMatchObject({
      outcome: 'refused',
      salesforceCode: 'invalid_grant',
    })
    expect(presented).toHaveLength(attempt)
  }
  expect(state.revoked).toBe(true)
  expect(connection).toMatchObject({ accessToken: 'old', refreshToken: 'stolen' })
})

test('S-5: a session source is asked by one call at a time, however many wait', async () => {
  let good = 'A0'
  const org = await loopback((asked, response) => {
    if (asked.headers.authorization === `Bearer ${good}`) return json(response, saved(asked.body))
    json(response, [{ errorCode: 'INVALID_SESSION_ID', message: '' }], 401)
  })
  onTestFinished(() => org[Symbol.asyncDispose]())
  let asking = 0
  let most = 0
  let asked = 0
  const transport = restTransport({
    async session() {
      asking += 1
      asked += 1
      most = Math.max(most, asking)
      await new Promise(resolve => setImmediate(resolve))
      asking -= 1
      return { instanceUrl: org.url, accessToken: good }
    },
  })
  onTestFinished(() => transport.close?.())
  for (let round = 1; round <= 10; round++) {
    good = `A${round}`
    await Promise.all(Array.from({ length: 16 }, () => transport.send(CALL, context())))
  }
  expect(most).toBe(1)
  // The first round needs no renewal: there was no session before.
  expect(asked).toBe(10)
})
