import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Emulator, startEmulator } from 'prospect-sync/emulator'
import { afterEach, expect, test } from 'vitest'

const open: Emulator[] = []

async function start() {
  const emulator = await startEmulator()
  open.push(emulator)
  return emulator
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(emulator => emulator.close()))
})

/** Sends bytes as they are and gives all that comes back. */
async function raw(emulator: Emulator, bytes: string): Promise<string> {
  const socket = connectSocket(Number(new URL(emulator.url).port), '127.0.0.1')
  socket.end(bytes)
  return text(socket)
}

test('an emulator listens on loopback, on a free port, and answers in JSON', async () => {
  const { url, credentials } = await start()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const response = await fetch(`${url}//services/data/v62.0/limits/`, {
    headers: { authorization: `Bearer ${credentials.accessToken}` },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8')
  expect(response.headers.get('sforce-limit-info')).toBe('api-usage=1/15000')
})

test('the token endpoint names the host that was asked', async () => {
  const { url, credentials } = await start()
  const { clientId, clientSecret } = credentials
  const response = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  })
  expect(await response.json()).toMatchObject({ instance_url: url })
})

test('two emulators share nothing', async () => {
  const [one, other] = await Promise.all([start(), start()])
  one.org.insert('Lead', { LastName: 'L', Company: 'C' })
  expect(other.org.records('Lead')).toEqual([])
})

test('another address than loopback is warned of', async () => {
  const warned = once(process, 'warning')
  open.push(await startEmulator({ host: '0.0.0.0' }))
  expect(await warned).toMatchObject([
    { code: 'PROSPECT_SYNC_EMULATOR_OPEN', message: expect.stringContaining('0.0.0.0') },
  ])
})

test('a taken port is an error', async () => {
  const { url } = await start()
  const port = Number(new URL(url).port)
  await expect(startEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('an URI beyond the limit is refused in Salesforce’s shape', async () => {
  const { url } = await start()
  const response = await fetch(`${url}/services/data/v62.0/query?q=${'x'.repeat(20_000)}`)
  expect(response.status).toBe(414)
  expect(await response.json()).toMatchObject([{ errorCode: 'URI_TOO_LONG' }])
})

test('a body beyond 50 MB is refused without being read', async () => {
  const emulator = await start()
  const answer = await raw(
    emulator,
    'POST /services/data/v62.0/composite/sobjects HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n{',
  )
  expect(answer).toContain('413')
})

test.each([
  ['no HTTP at all', 'garbage\r\n\r\n'],
  ['a broken host', 'GET / HTTP/1.1\r\nHost: a b c\r\nConnection: close\r\n\r\n'],
  ['no host', 'GET /services/data HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a path that is no path', 'GET http:// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
])('%s is answered 400, and the emulator lives on', async (_, bytes) => {
  const emulator = await start()
  expect(await raw(emulator, bytes)).toContain(' 400 ')
  expect((await fetch(`${emulator.url}/services/data`)).status).toBe(200)
})

test('close ends sockets that nobody speaks on, and may be called twice', async () => {
  const emulator = await start()
  const socket = connectSocket(Number(new URL(emulator.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write('POST /services/data HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n')
  await Promise.all([emulator.close(), emulator.close(), once(socket, 'close')])
  await expect(fetch(emulator.url)).rejects.toThrow()
})

const CLI = new URL('../../dist/emulator/cli.js', import.meta.url).pathname

/** Runs the command as it is built: `npm test` builds it before. */
function command(...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  return {
    child,
    ended: once(child, 'exit').then(async ([code]) => {
      const [stdout, stderr] = await output
      return { code, stdout, stderr }
    }),
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the command stops on %s with exit code 0',
  async signal => {
    const { child, ended } = command('emulator', '--port', '0', '--field', 'Lead.K__c:key')
    child.stdout.once('data', () => child.kill(signal))
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(stdout).toContain('listening on http://127.0.0.1:')
    expect(stdout).toContain('client secret')
  },
)

test('the command listens on the address it is given, and warns', async () => {
  const { child, ended } = command('emulator', '--port', '0', '--host', '0.0.0.0')
  child.stdout.once('data', () => child.kill())
  const { code, stdout, stderr } = await ended
  expect(code).toBe(0)
  expect(stdout).toContain('listening on http://0.0.0.0:')
  expect(stderr).toContain('PROSPECT_SYNC_EMULATOR_OPEN')
})

test('the command says in one line that its port is in use, with exit code 1', async () => {
  const { url } = await start()
  const { code, stderr } = await command('emulator', '--port', new URL(url).port).ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/^prospect-sync: port \d+ is in use.*\n$/)
})

test.each([
  [['emulator', '--nope']],
  [['emulator', '--port', 'x']],
  [['emulator', '--port', '65536']],
  [['emulator', '--field', 'Lead.Nope']],
  [['emulator', '--field', 'Lead.K__c:magic']],
  [['emulator', '--field', 'Nope.K__c']],
  [['emulator', 'more']],
  [['serve']],
  [[]],
])('the command line %j is refused in one line, with exit code 2', async args => {
  const { code, stdout, stderr } = await command(...args).ended
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^prospect-sync: [^\n]+\n$/)
})

test('the command tells its options', async () => {
  const { code, stdout } = await command('emulator', '--help').ended
  expect(code).toBe(0)
  expect(stdout).toContain('--port')
})
