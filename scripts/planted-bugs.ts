/**
 * Planted bugs: each is one mistake that delivery code can be written with, and the tests that must catch it.
 * `npm run prove` plants them one by one.
 *
 * @module
 */

/** A mistake to plant. */
export interface PlantedBug {
  /** What is done wrong, in plain words. */
  readonly name: string
  /** Below `src/`. */
  readonly file: string
  /** Must occur exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Test files below `test/`, run in this order until one fails. */
  readonly tests: readonly string[]
  /** Whether a test that hangs, or runs into its timeout, is how this one shows. @default false */
  readonly hangs?: boolean
}

const UNKNOWN_CASE =
  "if (error.outcome === 'unknown') await this.#resolveUnknown(items, error, effort)"

/** Grouped as the promises are: outcomes, retries, order, tasks, the org as a whole, the budget, the caller. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'take an unknown outcome for success',
    file: 'delivery.ts',
    find: UNKNOWN_CASE,
    replace:
      "if (error.outcome === 'unknown') for (const { of } of items) of.progress = { state: 'written', record: undefined }",
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'take an unknown outcome for failure',
    file: 'delivery.ts',
    find: UNKNOWN_CASE,
    replace:
      "if (error.outcome === 'unknown') for (const item of items) stopItem(item, { action: 'fail', error })",
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'take an unknown outcome for a refusal, so that tasks are sent again blindly',
    file: 'delivery.ts',
    find: UNKNOWN_CASE,
    replace: "if (error.outcome === 'unknown') await this.#takeRefusal(items, error, effort)",
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'drop what has an unknown outcome',
    file: 'delivery.ts',
    find: UNKNOWN_CASE,
    replace: "if (error.outcome === 'unknown') for (const { of } of items) of.skip('unchanged')",
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'repeat a create without a key before looking for it',
    file: 'delivery.ts',
    find: "if (operation !== 'create' || object === 'CampaignMember') return true",
    replace: "if (operation !== 'create' || object !== 'Task') return true",
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'send the 199 again that went through beside one that did not',
    file: 'delivery.ts',
    find: `const refused = this.#results.take(partItems, part.results)
        pending.push(this.#carryOut(refused, effort))`,
    replace: `const refused = this.#results.take(partItems, part.results)
        const [first] = refused
        const all = first && partItems.map(item => ({ item, verdict: first.verdict }))
        pending.push(this.#carryOut(all ?? refused, effort))`,
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'bind answers by arrival instead of position',
    file: 'rest/reply.ts',
    find: 'const element = byReference.get(referenceId(index, tag))',
    replace: 'const element = tag === null ? undefined : [...byReference.values()][index]',
    tests: ['rest/transport.test.ts'],
  },
  {
    name: 'accept a reply that is shorter than its call',
    file: 'reply-check.ts',
    find: `  if (results.length !== expected) return \`expected \${expected} results, got \${results.length}\`
  for (let index = 0; index < expected; index++) {`,
    replace: '  for (let index = 0; index < Math.min(expected, results.length); index++) {',
    tests: ['reply-check.test.ts'],
  },
  {
    name: 'accept a success without an id',
    file: 'reply-check.ts',
    find: "if (ok === true && typeof result?.id === 'string') {",
    replace: `if (ok === true && typeof result?.id !== 'string') continue
    if (ok === true && typeof result?.id === 'string') {`,
    tests: ['reply-check.test.ts'],
  },
  {
    name: 'accept success for a record that was not sent',
    file: 'reply-check.ts',
    find: 'if (isOfAnother(result.id, part, index)) {',
    replace: 'if (isOfAnother(result.id, part, index) && index < 0) {',
    tests: ['reply-check.test.ts', 'adversary/transports.test.ts'],
  },
  {
    name: 'take the id of another object for that of the record',
    file: 'rest/reply.ts',
    find: 'if (named !== undefined && named !== object) {',
    replace: 'if (named !== undefined && named !== object && operation === undefined) {',
    tests: ['rest/transport.test.ts'],
  },
  {
    name: 'trust whatever a transport answers',
    file: 'dispatcher.ts',
    find: 'const fault = faultOf(call, reply)',
    replace: "const fault = faultOf(call, reply) === '' ? '' : undefined",
    tests: ['dispatcher.test.ts'],
  },
  {
    name: 'take an answer that was cut off for a whole one',
    file: 'rest/wire.ts',
    find: "const cut = () => fail(untrustedReply('it was cut off', message.statusCode))",
    replace: 'const cut = () => succeed(Buffer.concat(chunks))',
    tests: ['rest/transport.test.ts', 'jsforce/traits.test.ts'],
  },
  {
    name: 'take a connection that broke after the request for one that was never made',
    file: 'rest/wire.ts',
    find: "brokenConnection(progress.sent ? 'unknown' : 'notSent', doing, code)",
    replace: "brokenConnection('notSent', doing, code)",
    tests: ['jsforce/traits.test.ts'],
  },
  {
    name: 'settle a receipt twice',
    file: 'receipt.ts',
    find: 'if (this.#outcome !== undefined) return\n',
    replace: '\n',
    tests: ['receipt.test.ts'],
  },
  {
    name: 'settle before the write has come back',
    file: 'flight.ts',
    find: '      await this.#write(changes)\n',
    replace: '      void this.#write(changes)\n',
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'lose the triggers that one change carries beside its first',
    file: 'flight.ts',
    find: 'for (const trigger of inFlight.change.triggers) {',
    replace: 'for (const trigger of inFlight.change.triggers.slice(0, 1)) {',
    tests: ['e2e/lifecycle.test.ts'],
    hangs: true,
  },

  {
    name: 'retry data errors unchanged',
    file: 'retry.ts',
    find: "if (isLasting || (meaning.class === 'match' && isAboutAnother(error.fields))) {",
    replace: "if (!isLasting && meaning.class === 'match' && isAboutAnother(error.fields)) {",
    tests: ['retry.test.ts'],
  },
  {
    name: 'retry for ever',
    file: 'retry.ts',
    find: 'return attempt >= tries ? {',
    replace: 'return attempt > Number.MAX_SAFE_INTEGER * tries ? {',
    tests: ['retry.test.ts'],
  },
  {
    name: 'give a whole batch up for its one bad record',
    file: 'delivery.ts',
    find: 'if (items.length < 2 || divisions.left < 2 ||',
    replace: 'if (items.length < 2 || divisions.left < Number.POSITIVE_INFINITY ||',
    tests: ['delivery.test.ts'],
  },
  {
    name: 'bisect without bound',
    file: 'delivery.ts',
    find: '    divisions.left -= 2\n',
    replace: '\n',
    tests: ['delivery.test.ts'],
  },
  {
    name: 'bisect and drop the second half',
    file: 'delivery.ts',
    find: '    await this.#deliver(items.slice(middle), effort)\n',
    replace: '\n',
    tests: ['delivery.test.ts'],
  },
  {
    name: 'wait without jitter',
    file: 'backoff.ts',
    find: 'Math.floor(random * ceilingMs)',
    replace: 'Math.floor(Math.max(1, random) * ceilingMs)',
    tests: ['backoff.test.ts'],
  },
  {
    name: 'never draw on the retry budget',
    file: 'gate.ts',
    find: '    if (options.repeated === true) this.#retries = drawn(this.#retries).budget\n',
    replace: '\n',
    tests: ['gate.test.ts'],
  },
  {
    name: 'never give a retry token back',
    file: 'gate.ts',
    find: '      this.#retries = rewarded(this.#retries, pass.repeated ? successShare(answer.reply) : 0)\n',
    replace: '\n',
    tests: ['gate.test.ts'],
  },
  {
    name: 'let what waits go at the pace of the retry budget when the org is back',
    file: 'gate.ts',
    find: 'pass.repeated ? successShare(answer.reply) : 0',
    replace: 'pass.repeated ? 0 * successShare(answer.reply) : 0',
    tests: ['gate.test.ts'],
  },
  {
    name: 'take repeated calls for gone well though their records failed',
    file: 'retry-budget.ts',
    find: 'return all === 0 ? 0 : written / all',
    replace: 'return all === 0 ? 0 : 1 + 0 * written',
    tests: ['retry-budget.test.ts'],
  },
  {
    name: 'send what is released from the sync errors with what is in Salesforce already',
    file: 'landing.ts',
    find: "if (end.verdict === 'done') this.forgetDelivered(trigger.id)",
    replace: "if (end.verdict !== 'retry') this.forgetDelivered(trigger.id)",
    tests: ['ordering.test.ts'],
  },

  {
    name: 'let a late settlement end the attempt under way',
    file: 'memory-outbox.ts',
    find: 'if (lane?.leased === undefined || lane.attempts !== attempt) continue',
    replace: 'if (lane?.leased === undefined) continue',
    tests: ['memory-outbox.test.ts'],
  },
  {
    name: 'put what comes back behind what is newer',
    file: 'memory-outbox.ts',
    find: 'lane.pending = [...lane.returned, ...lane.pending]',
    replace: 'lane.pending = [...lane.pending, ...lane.returned]',
    tests: ['memory-outbox.test.ts'],
  },
  {
    name: 'let two changes of one name fly at once',
    file: 'admission.ts',
    find: '      for (const name of names) busy.set(name, flight)\n      arrivals.forget(names)\n',
    replace: '      arrivals.forget(names)\n',
    tests: ['e2e/faults.test.ts', 'e2e/matching.test.ts', 'ordering.test.ts'],
  },
  {
    name: 'let two changes of one record fly at once',
    file: 'admission.ts',
    find: '      busy.set(id, flight)\n',
    replace: '\n',
    tests: ['e2e/faults.test.ts', 'ordering.test.ts'],
  },
  {
    name: 'plan by what was read before another flight wrote',
    file: 'admission.ts',
    find: 'const isStale = this.#letGo.has(id) && isRead(id)',
    replace: "const isStale = this.#letGo.has(id) && isRead('')",
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let what is newer set out before what was lost had time to arrive',
    file: 'delivery.ts',
    find: 'context.arrivals.await(names, now + ARRIVAL_MS, now)',
    replace: 'context.arrivals.await(names, now, now)',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let a newer change overtake one that waits to be sent again',
    file: 'landing.ts',
    find: '        if (recordId !== undefined) retrying.set(recordId, retryAt)\n',
    replace: '\n',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let a retried batch carry a value that a newer change has overwritten',
    file: 'flight.ts',
    find: 'const writersOf = (recordId: string) => identities.writersOf(recordId)',
    replace: 'const writersOf = () => void identities as undefined',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'send fields again that are in Salesforce, for the sake of their task',
    file: 'landing.ts',
    find: '      else if (end.fieldsDelivered) deliveredFields.set(trigger.id, end.notes)\n',
    replace: '\n',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let an older campaign status undo a newer one',
    file: 'in-flight.ts',
    find: 'return from !== undefined && writtenBy !== undefined && from < writtenBy',
    replace: 'return from !== undefined && writtenBy !== undefined && from < 0',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let what may be in Salesforce go back to the outbox when its repetition is refused',
    file: 'delivery.ts',
    find: "if (effort.unsure && verdict.action === 'retry') {",
    replace: "if (effort.unsure && verdict.action === 'rematch') {",
    tests: ['ordering.test.ts'],
  },
  {
    name: 'go on believing the shadow of a record whose write was lost',
    file: 'delivery.ts',
    find: '        identities.invalidate(id, fields)\n',
    replace: '\n',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'let another name of a lost create set out before it is looked for',
    file: 'admission.ts',
    find: 'if (until > 0) {',
    replace: 'if (until > now && until < 0) {',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'coalesce null into absence',
    file: 'coalesce.ts',
    find: '{ ...fields, ...next.fields }',
    replace:
      '{ ...fields, ...Object.fromEntries(Object.entries(next.fields).filter(([, value]) => value !== null)) }',
    tests: ['coalesce.test.ts'],
  },
  {
    name: 'coalesce older values over newer ones',
    file: 'coalesce.ts',
    find: '{ ...fields, ...next.fields }',
    replace: '{ ...next.fields, ...fields }',
    tests: ['coalesce.test.ts'],
  },
  {
    name: 'keep keys apart that the org takes for one',
    file: 'coalesce.ts',
    find: 'const ref = foldedRef(named, fold)',
    replace: 'const ref = foldedRef(named, key => (fold === undefined ? fold : key))',
    tests: ['coalesce.test.ts'],
  },
  {
    name: 'let keys that differ in case fly together before it is known that they differ',
    file: 'admission.ts',
    find: 'if (isFoldUnknown && ref.key !== undefined) names.push(',
    replace: "if (isFoldUnknown && ref.key === '') names.push(",
    tests: ['ordering.test.ts'],
  },
  {
    name: 'find a prospect by e-mail on a record that carries another key',
    file: 'matching.ts',
    find: 'return key === undefined || !isKey(carried) || rules.fold(carried) === rules.fold(key)',
    replace: 'return key !== carried || key === carried',
    tests: ['matching.test.ts'],
  },
  {
    name: 'create anew what somebody deleted',
    file: 'matcher.ts',
    find: '} else if (ref.crmId !== undefined) {',
    replace: "} else if (ref.crmId === '') {",
    tests: ['e2e/matching.test.ts'],
  },

  {
    name: 'make a delivered task again when its fields set out again',
    file: 'results.ts',
    find: '    for (const trigger of dependant.plan.triggers) deliveredDependants.add(trigger.id)\n',
    replace: '    void deliveredDependants\n',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'make a task without a key twice after a lost reply',
    file: 'delivery.ts',
    find: "return isKeyed || onUnknown === 'retry'",
    replace: 'return isKeyed || onUnknown !== undefined',
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'send tasks without their key',
    file: 'flight.ts',
    find: 'const taskKey = activityKeyField && first ? { [activityKeyField]: first.id } : {}',
    replace: 'const taskKey = activityKeyField && first ? {} : {}',
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'take the key of a task that is there already for a failure',
    file: 'results.ts',
    find: 'if (!isAbout(error, this.#line.context.metadata.activityKeyField)) return false',
    replace: 'if (!isAbout(error, undefined)) return false',
    tests: ['e2e/faults.test.ts'],
  },
  {
    name: 'take “already a member” for a failure',
    file: 'results.ts',
    find: "if (record.object === 'CampaignMember') {",
    replace: "if (record.object === '') {",
    tests: ['e2e/kinds.test.ts'],
  },
  {
    name: 'let a task that may be there set out again for the sake of a locked record',
    file: 'in-flight.ts',
    find: "return hangingVerdict?.action === 'fail' ? hangingVerdict : (ownVerdict ?? hangingVerdict)",
    replace: 'return ownVerdict ?? hangingVerdict',
    tests: ['ordering.test.ts'],
  },
  {
    name: 'create a keyed prospect by plain create',
    file: 'plan.ts',
    find: 'if (change.ref.key !== undefined && rules.hasKeyField(object)) {',
    replace: "if (change.ref.key === '' && rules.hasKeyField(object)) {",
    tests: ['plan.test.ts'],
  },

  {
    name: 'count an outage as an attempt of what was pending',
    file: 'gate.ts',
    find: "if ('error' in answer && certain && !countsAsAttempt(before, this.#breaker)) {",
    replace: "if ('error' in answer && !certain && !countsAsAttempt(before, this.#breaker)) {",
    tests: ['gate.test.ts', 'e2e/outages.test.ts'],
  },
  {
    name: 'never open the breaker',
    file: 'breaker.ts',
    find: 'if (!opens) return { ...breaker, failures }',
    replace: 'if (!opens || failures > 0) return { ...breaker, failures }',
    tests: ['breaker.test.ts'],
  },
  {
    name: 'never close the breaker',
    file: 'gate.ts',
    find: '      this.#breaker = closedBreaker\n    }\n    this.#change()\n',
    replace: '    }\n    this.#change()\n',
    tests: ['gate.test.ts'],
  },
  {
    name: 'skip the proof that the org is there',
    file: 'breaker.ts',
    find: "return !proved && (because === 'unreachable' || because === 'session')",
    replace: "return proved && (because === 'unreachable' || because === 'session')",
    tests: ['breaker.test.ts'],
  },
  {
    name: 'let every call go at once after an outage',
    file: 'gate.ts',
    find: 'return longest === 0 && this.#trial ? Number.POSITIVE_INFINITY : longest',
    replace: 'return longest',
    tests: ['gate.test.ts'],
  },
  {
    name: 'ignore Retry-After',
    file: 'gate.ts',
    find: 'if (retryAfterMs > 0) {',
    replace: 'if (retryAfterMs < 0) {',
    tests: ['gate.test.ts'],
  },
  {
    name: 'wait as long as Retry-After says, however long that is',
    file: 'gate.ts',
    find: 'now + Math.min(retryAfterMs, longestRetryAfterMs),',
    replace: 'now + Math.max(retryAfterMs, longestRetryAfterMs * 0),',
    tests: ['gate.test.ts'],
  },
  {
    name: 'take the org’s limit for a failure of the records',
    file: 'retry.ts',
    find: "if (isOfOrg(meaning)) return { action: 'retry', error, counts: false }",
    replace: 'if (isOfOrg(meaning)) return again(error, attempt, maxAttempts)',
    tests: ['retry.test.ts'],
  },
  {
    name: 'refresh the session as often as it is refused',
    file: 'rest/exchange.ts',
    find: 'if (refusesSession(reply) && !this.#renewed) {',
    replace: 'while (refusesSession(reply)) {',
    tests: ['jsforce/traits.test.ts'],
    hangs: true,
  },
  {
    name: 'let every call refresh the session for itself',
    file: 'rest/session.ts',
    find: 'this.#pending ??= this.#start(waiter)',
    replace: 'this.#pending = this.#start(waiter)',
    tests: ['rest/transport.test.ts'],
  },
  {
    name: 'use the session before the rotated refresh token is stored',
    file: 'jsforce/refresh.ts',
    find: '  if (refreshToken !== undefined) connection.refreshToken = refreshToken\n',
    replace: '\n',
    tests: ['jsforce/traits.test.ts'],
  },
  {
    name: 'follow a redirect',
    file: 'rest/wire.ts',
    find: 'progress.status = message.statusCode ?? 0',
    replace: `progress.status = message.statusCode ?? 0
        const { location } = message.headers
        if (location !== undefined) {
          const next = new URL(location, request.url)
          requestHttp(next, { headers: request.headers }).on('error', () => {}).end()
        }`,
    tests: ['jsforce/traits.test.ts'],
  },
  {
    name: 'never slow down',
    file: 'pace.ts',
    find: 'if (crowded || slow) {',
    replace: 'if (crowded && !crowded) {',
    tests: ['pace.test.ts'],
  },
  {
    name: 'keep as many calls under way as ever, whatever the pace',
    file: 'dispatcher.ts',
    find: '    this.#limit.concurrency = this.#gate.pace.calls\n',
    replace: '\n',
    tests: ['e2e/fault-matrix.test.ts'],
  },
  {
    name: 'put as many batches in a call as ever, whatever the pace',
    file: 'assembly.ts',
    find: 'return Math.min(most, gate.pace.batches)',
    replace: 'return Math.min(most, Math.max(most, gate.pace.batches))',
    tests: ['e2e/fault-matrix.test.ts'],
  },
  {
    name: 'hand the transport records that it can change',
    file: 'dispatcher.ts',
    find: '    freeze(call)\n',
    replace: '\n',
    tests: ['adversary/transports.test.ts'],
  },
  {
    name: 'forget to release the parents of a call',
    file: 'dispatcher.ts',
    find: `    } finally {
      release()
    }`,
    replace: `    } finally {
      void release
    }`,
    tests: ['dispatcher.test.ts'],
    hangs: true,
  },
  {
    name: 'send calls that share a parent side by side',
    file: 'dispatcher.ts',
    find: 'if (parents === undefined || parents.size === 0) return () => {}',
    replace: 'if (parents === undefined || parents.size >= 0) return () => {}',
    tests: ['dispatcher.test.ts'],
  },
  {
    name: 'scatter the children of one parent over calls',
    file: 'plan.ts',
    find: "const [left = '', right = ''] = [a.parents?.[0], b.parents?.[0]]",
    replace:
      "const [left = '', right = ''] = [a.parents?.[0]?.slice(0, 0), b.parents?.[0]?.slice(0, 0)]",
    tests: ['plan.test.ts'],
  },
  {
    name: 'take no account of the accounts of Contacts',
    file: 'flight.ts',
    find: '    if (account !== undefined) parents.push(account)\n',
    replace: '    void account\n',
    tests: ['e2e/locks.test.ts'],
  },

  {
    name: 'reserve no budget for requests under way',
    file: 'gate.ts',
    find: `    const calls = this.#spending.total(now) + this.#granted
    return allowance(`,
    replace: `    const calls = this.#spending.total(now)
    return allowance(`,
    tests: ['gate.test.ts'],
  },
  {
    name: 'make further requests of a call without asking the budget',
    file: 'rest/exchange.ts',
    find: 'if (this.#context.mayRequest?.() ?? true) return',
    replace: 'if ((this.#context.mayRequest?.() ?? true) || this.#reported >= 0) return',
    tests: ['e2e/outages.test.ts', 'rest/transport.test.ts'],
  },
  {
    name: 'let a call make further requests beyond the budget',
    file: 'gate.ts',
    find: 'if ((options.privileged === true ? reserved : common) < 1) return false',
    replace: 'if ((options.privileged === true ? reserved : common) < 0) return false',
    tests: ['gate.test.ts', 'e2e/outages.test.ts'],
  },
  {
    name: 'spend the reserve on common calls',
    file: 'gate.ts',
    find: 'if ((privileged ? reserved : common) >= 1) return 0',
    replace: 'if (Math.max(reserved, common) >= 1 || privileged) return 0',
    tests: ['gate.test.ts'],
  },
  {
    name: 'count no call of a transport that reports none',
    file: 'call-account.ts',
    find: 'else if (!this.#habit.reports) {',
    replace: 'else if (this.#habit.reports) {',
    tests: ['dispatcher.test.ts', 'gate.test.ts'],
  },

  {
    name: 'lose what is undelivered at close',
    file: 'scheduler.ts',
    find: 'const undelivered = holdings.giveUp()',
    replace: 'const undelivered = holdings.giveUp().slice(0, 0)',
    tests: ['e2e/lifecycle.test.ts'],
  },
  {
    name: 'send after close',
    file: 'dispatcher.ts',
    find: '    this.#closed = true\n',
    replace: '\n',
    tests: ['dispatcher.test.ts'],
  },
  {
    name: 'accept after close',
    file: 'scheduler.ts',
    find: 'if (this.#closed) throw new ClosedError(method)',
    replace: "if (this.#closed && method === '') throw new ClosedError(method)",
    tests: ['e2e/lifecycle.test.ts'],
  },
  {
    name: 'hold more than maxPending',
    file: 'holdings.ts',
    find: 'if (count < maxPending && this.#bytes + bytes <= maxPendingBytes) return',
    replace:
      'if (count < Number.POSITIVE_INFINITY && this.#bytes + bytes <= maxPendingBytes) return',
    tests: ['e2e/lifecycle.test.ts'],
  },
  {
    name: 'push the deadline back with every trigger',
    file: 'scheduler.ts',
    find: 'if (this.#deadline.isSet || this.#paused) return',
    replace: 'if (this.#paused) return\n    this.#deadline.clear()',
    tests: ['e2e/lifecycle.test.ts'],
  },
  {
    name: 'answer a flush while what it covers is in flight',
    file: 'flush.ts',
    find: 'if (oldest <= flusher.upTo && !isPaused()) continue',
    replace: 'if (oldest <= flusher.upTo && holdings.waiting > 0 && !isPaused()) continue',
    tests: ['e2e/lifecycle.test.ts'],
  },
  {
    name: 'wait for ever for a transport that never answers',
    file: 'dispatcher.ts',
    find: 'const reply = plainReply(await Promise.race([sent, aborted]))',
    replace: 'const reply = plainReply(await sent)',
    tests: ['dispatcher.test.ts'],
    hangs: true,
  },
  {
    name: 'let the exception of a listener out',
    file: 'emitter.ts',
    find: `      } catch (error) {
        this.#report(event, error)
      }`,
    replace: `      } catch (error) {
        throw error instanceof Error ? error : event
      }`,
    tests: ['emitter.test.ts'],
  },
  {
    name: 'hand the caller’s own object to the queue',
    file: 'field-patch.ts',
    find: 'return empty ? undefined : patch\n',
    replace: 'return empty ? undefined : (value as FieldPatch)\n',
    tests: ['acceptance.test.ts'],
  },
  {
    name: 'go on believing the shadow after a pulled change',
    file: 'intake.ts',
    find: 'if (isKept) identities.remember(row.id, pick(row, fields.values()))',
    replace: 'void isKept',
    tests: ['e2e/kinds.test.ts'],
  },
  {
    name: 'take what was read before our own write landed for news',
    file: 'intake.ts',
    find: 'if (isBusy(row.id) || learned.has(row.id)) return true',
    replace: 'if (isBusy(row.id) && learned.size < 0) return true',
    tests: ['rules/two-sides.test.ts'],
  },
  {
    name: 'skip a forced write because the shadow says that nothing changed',
    file: 'plan.ts',
    find: 'const known = change.force ? undefined : rules.lastKnown(record.id)',
    replace: 'const known = rules.lastKnown(record.id)',
    tests: ['plan.test.ts'],
  },
  {
    name: 'tell what a pending change of ours is about to replace',
    file: 'intake.ts',
    find: 'if (before === undefined || !sameValue(target, before, row.fields[target] ?? null))',
    replace: 'if (before === undefined && target === undefined)',
    tests: ['rules/pull.test.ts'],
  },
  {
    name: 'keep to itself what a rule kept in Salesforce',
    file: 'flight.ts',
    find: 'if (left.length > 0) keptValues.note(row, left)',
    replace: 'void keptValues',
    tests: ['rules/two-sides.test.ts'],
  },
  {
    name: 'take what a failed Sync with CRM read for known',
    file: 'lone-flights.ts',
    find: "if (end.verdict !== 'done' || !this.#readers.has(trigger.id)) continue",
    replace:
      "if (end.verdict === 'retry' || end.verdict === 'held' || !this.#readers.has(trigger.id)) continue",
    tests: ['rules/two-sides.test.ts'],
  },
  {
    name: 'forget after a lost reply what both sides had in common',
    file: 'intake.ts',
    find: 'const held = identities.heldToBe(row.id)',
    replace: 'const held = { fields: identities.lastKnown(row.id), prints: {} }',
    tests: ['rules/two-sides.test.ts'],
  },
  {
    name: 'leave what waits for a record where it is when its prospect gets one',
    file: 'held-dependants.ts',
    find: '      outbox.wake(name)\n',
    replace: '\n',
    tests: ['rules/creation.test.ts'],
  },
  {
    name: 'write to the loser of a merge that a pull has told of',
    file: 'intake.ts',
    find: "identities.moves.note({ from: row.id, to: winner, why: 'merged' })",
    replace: 'void winner',
    tests: ['rules/match.test.ts'],
  },
  {
    name: 'make one prospect of two records with one e-mail address',
    file: 'coalesce.ts',
    find: 'differ(this.#keys[a], this.#keys[b]) || differ(this.#ids[a], this.#ids[b])',
    replace: 'differ(this.#keys[a], this.#keys[b])',
    tests: ['coalesce.test.ts', 'rules/connector.test.ts'],
  },
  {
    name: 'look by its new address only for a prospect that is still to get it',
    file: 'coalesce.ts',
    find: 'return knownAs === undefined ? prospect : { ...prospect, ...knownAs }',
    replace: 'return knownAs === undefined ? prospect : { ...knownAs, ...prospect }',
    tests: ['rules/renames.test.ts'],
  },
  {
    name: 'take for somebody new who was named by an address that the record has lost since',
    file: 'renames.ts',
    find: 'former.newest < ordinal',
    replace: 'former.newest >= 0',
    tests: ['rules/renames.test.ts'],
  },
  {
    name: 'take an address that was given up for its old owner for ever',
    file: 'renames.ts',
    find: 'former.newest < ordinal',
    replace: 'former.newest < 0',
    tests: ['rules/renames.test.ts'],
  },
  {
    name: 'look for no address that a lost change may have given',
    file: 'matching.ts',
    find: '[...nextEmails, ...addressesIn(fields, rules)].reverse()',
    replace: '[...nextEmails.slice(0, 0), ...addressesIn(fields, rules)].reverse()',
    tests: ['matching.test.ts'],
  },
  {
    name: 'make anew what could not be asked after',
    file: 'matcher.ts',
    find: "verdict.action === 'fail' && verdict.error.code !== 'ERR_RETRIES_EXHAUSTED'",
    replace: "verdict.action === 'fail'",
    tests: ['rules/match.test.ts'],
  },
  {
    name: 'give by Sync with CRM what a pending change is about to replace',
    file: 'lone-flights.ts',
    find: '      delete fields[targets.get(name) ?? name]\n',
    replace: '      void [name, targets]\n',
    tests: ['rules/two-sides.test.ts'],
  },
  {
    name: 'let another flight take what a Sync with CRM waits for',
    file: 'memory-outbox.ts',
    find: '      if (this.#reserved.has(name)) continue\n      this.#ready.delete(name)\n',
    replace: '      this.#ready.delete(name)\n',
    tests: ['rules/two-sides.test.ts'],
  },
]
