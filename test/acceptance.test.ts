import { InvalidTriggerError, SyncError } from 'prospect-sync'
import { describe, expect, it } from 'vitest'
import {
  type AcceptanceRules,
  acceptActivity,
  acceptCreation,
  acceptEmail,
  acceptSystemAction,
  acceptTask,
  acceptUpdate,
  guarded,
} from '../src/acceptance.ts'
import { defaultMapping } from '../src/mapping.ts'
import { ownerRules } from '../src/owner.ts'
import { id18 } from './fixtures/core.ts'

const rules: AcceptanceRules = {
  mapping: defaultMapping,
  lengthOf: () => undefined,
  activityTasks: false,
  owners: ownerRules({}),
  now: Date.UTC(2026, 0, 2, 3, 4, 5),
}
const now = '2026-01-02T03:04:05.000Z'
const prospect = { key: 'p-1' }
const user = id18('005', 1)
const queue = id18('00G', 1)
const campaign = id18('701', 1)

const nothingMore = { owner: undefined, object: undefined, force: false, dependant: undefined }

function pathOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof InvalidTriggerError) return error.path
    throw error
  }
  throw new Error('it was not refused')
}

describe('acceptUpdate', () => {
  it('takes fields, an owner, a declared object and force', () => {
    const trigger = {
      prospect,
      fields: { jobTitle: 'CTO' },
      owner: user.slice(0, 15),
      object: 'Contact',
      force: true,
    }
    expect(acceptUpdate(trigger, rules)).toStrictEqual({
      kind: 'prospectUpdate',
      prospect,
      fields: { jobTitle: 'CTO' },
      owner: user,
      object: 'Contact',
      force: true,
      dependant: undefined,
      bytes: 419,
    })
  })

  it.each([
    ['an owner alone', { owner: queue }],
    ['one field that is cleared', { fields: { jobTitle: null } }],
  ])('%s is enough of an update', (_, rest) => {
    expect(acceptUpdate({ prospect, ...rest }, rules).prospect).toEqual(prospect)
  })

  it.each([{}, { fields: {} }, { fields: { jobTitle: undefined } }, { force: true }])(
    'an update of nothing is refused: %j',
    rest => {
      expect(() => acceptUpdate({ prospect, ...rest }, rules)).toThrow(
        'an update must change a field or assign an owner, got neither',
      )
    },
  )

  it.each([
    [{ force: 'yes' }, 'force'],
    [{ owner: id18('003', 1) }, 'owner'],
    [{ object: 'Account' }, 'object'],
    [{ source: 'manual' }, 'trigger.source'],
  ])('refuses %j', (rest, path) => {
    expect(pathOf(() => acceptUpdate({ prospect, fields: { city: 'X' }, ...rest }, rules))).toBe(
      path,
    )
  })
})

describe('acceptCreation', () => {
  it('takes a prospect without any field', () => {
    expect(acceptCreation({ prospect }, rules)).toStrictEqual({
      kind: 'prospectCreation',
      prospect,
      fields: undefined,
      ...nothingMore,
      bytes: 400,
    })
  })

  it('matches by the e-mail address among the fields too', () => {
    const draft = acceptCreation({ prospect, fields: { email: ' ada@example.com ' } }, rules)
    expect(draft.prospect).toEqual({ key: 'p-1', email: 'ada@example.com' })
  })

  it('the e-mail address of the ref beats the one among the fields', () => {
    const trigger = { prospect: { email: 'a@example.com' }, fields: { email: 'b@example.com' } }
    expect(acceptCreation(trigger, rules).prospect).toEqual({ email: 'a@example.com' })
  })

  it('a bad e-mail address among the fields is said to be there', () => {
    const trigger = { prospect, fields: { email: 'ada' } }
    expect(pathOf(() => acceptCreation(trigger, rules))).toBe('fields.email')
  })

  it.each([
    [{ source: 'csv' }, 'source'],
    [{ force: true }, 'trigger.force'],
  ])('refuses %j', (rest, path) => {
    expect(pathOf(() => acceptCreation({ prospect, ...rest }, rules))).toBe(path)
  })
})

describe('acceptActivity', () => {
  it.each(['formSubmission', 'formHandlerSubmission', 'landingPageSubmission'])(
    '%s sets the time of the last activity, beside what was submitted',
    type => {
      const trigger = { prospect, type, name: 'Contact us', fields: { city: 'Paris' } }
      expect(acceptActivity(trigger, rules)).toMatchObject({
        kind: 'prospectActivity',
        fields: { city: 'Paris', lastActivityAt: now },
        dependant: undefined,
      })
    },
  )

  it('unsubscribe opts out as well, whatever was submitted', () => {
    const trigger = { prospect, type: 'unsubscribe', fields: { optedOut: false } }
    expect(acceptActivity(trigger, rules).fields).toEqual({ lastActivityAt: now, optedOut: true })
  })

  it('takes the time it is told', () => {
    const at = '2025-12-24T18:00:00Z'
    expect(acceptActivity({ prospect, type: 'unsubscribe', at }, rules).fields).toMatchObject({
      lastActivityAt: at,
    })
  })

  it('sets nothing that the mapping lacks', () => {
    const bare = { ...rules, mapping: { city: 'City' } }
    expect(acceptActivity({ prospect, type: 'unsubscribe' }, bare).fields).toEqual({})
  })

  it.each([
    ['formSubmission', 'Contact us', 'Form submission: Contact us'],
    ['formHandlerSubmission', undefined, 'Form handler submission'],
    ['landingPageSubmission', 'Home', 'Landing page submission: Home'],
    ['unsubscribe', undefined, 'Unsubscribe'],
  ])('%s becomes a completed task where tasks are wanted', (type, name, subject) => {
    const draft = acceptActivity({ prospect, type, name }, { ...rules, activityTasks: true })
    expect(draft.dependant).toEqual({
      type: 'task',
      fields: { Subject: subject, Status: 'Completed', ActivityDate: '2026-01-02' },
    })
  })

  it('the longest name still makes a subject that Salesforce takes', () => {
    const trigger = { prospect, type: 'formHandlerSubmission', name: 'x'.repeat(200) }
    const { dependant } = acceptActivity(trigger, { ...rules, activityTasks: true })
    const subject = dependant?.type === 'task' ? dependant.fields.Subject : undefined
    expect(String(subject).length).toBeLessThanOrEqual(255)
  })

  it.each([
    [{ type: 'visit' }, 'type'],
    [{ type: undefined }, 'type'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ at: 'yesterday' }, 'at'],
    [{ owner: user }, 'trigger.owner'],
  ])('refuses %j', (rest, path) => {
    expect(pathOf(() => acceptActivity({ prospect, type: 'unsubscribe', ...rest }, rules))).toBe(
      path,
    )
  })
})

describe('acceptSystemAction', () => {
  it.each(['automationRule', 'completionAction'])('%s brings fields and an owner', type => {
    const trigger = { prospect, type, fields: { city: 'Paris' }, owner: user }
    expect(acceptSystemAction(trigger, rules)).toMatchObject({
      kind: 'systemAction',
      fields: { city: 'Paris' },
      owner: user,
    })
  })

  it('scoreChange brings the new score', () => {
    expect(acceptSystemAction({ prospect, type: 'scoreChange', score: -5 }, rules).fields).toEqual({
      score: -5,
    })
  })

  it.each([
    ['campaignAdd', undefined],
    ['campaignAdd', 'Sent'],
    ['campaignStatusChange', 'Responded'],
  ])('%s with status %s makes a membership', (type, status) => {
    const trigger = { prospect, type, campaign: campaign.slice(0, 15), status }
    expect(acceptSystemAction(trigger, rules)).toMatchObject({
      fields: undefined,
      dependant: { type: 'membership', campaign, status },
    })
  })

  it.each([
    ['automationRule', { score: 1 }, 'trigger.score'],
    ['scoreChange', { score: '5' }, 'score'],
    ['scoreChange', { score: Number.NaN }, 'score'],
    ['scoreChange', {}, 'score'],
    ['scoreChange', { score: 1, fields: {} }, 'trigger.fields'],
    ['campaignAdd', {}, 'campaign'],
    ['campaignAdd', { campaign: user }, 'campaign'],
    ['campaignAdd', { campaign, score: 1 }, 'trigger.score'],
    ['campaignStatusChange', { campaign }, 'status'],
    ['campaignStatusChange', { campaign, status: ' ' }, 'status'],
    ['campaignStatusChange', { campaign, status: 'x'.repeat(41) }, 'status'],
    ['delete', {}, 'type'],
  ])('%s refuses %j', (type, rest, path) => {
    expect(pathOf(() => acceptSystemAction({ prospect, type, ...rest }, rules))).toBe(path)
  })
})

describe('acceptEmail', () => {
  it('becomes a completed task of subtype Email on the day it was sent', () => {
    const trigger = {
      prospect,
      subject: 'Hello',
      body: 'Dear Ada',
      sentAt: new Date('2025-12-24T23:59:59Z'),
    }
    expect(acceptEmail(trigger, rules).dependant).toEqual({
      type: 'task',
      fields: {
        Subject: 'Hello',
        TaskSubtype: 'Email',
        Status: 'Completed',
        ActivityDate: '2025-12-24',
        Description: 'Dear Ada',
      },
    })
  })

  it.each([
    [{ subject: undefined }, 'subject'],
    [{ subject: ' ' }, 'subject'],
    [{ subject: 'x'.repeat(256) }, 'subject'],
    [{ body: 'x'.repeat(32_001) }, 'body'],
    [{ sentAt: 0 }, 'sentAt'],
    [{ to: 'x' }, 'trigger.to'],
  ])('refuses %j', (rest, path) => {
    expect(pathOf(() => acceptEmail({ prospect, subject: 'Hello', ...rest }, rules))).toBe(path)
  })
})

describe('acceptTask', () => {
  it('brings what it is told, and leaves the rest to the org', () => {
    expect(acceptTask({ prospect, subject: 'Call' }, rules).dependant).toEqual({
      type: 'task',
      fields: { Subject: 'Call' },
    })
    const trigger = {
      prospect,
      subject: 'Call',
      description: 'about engines',
      dueDate: new Date('2026-12-24T10:00:00Z'),
      status: 'Not Started',
      priority: 'High',
      owner: user,
    }
    expect(acceptTask(trigger, rules).dependant).toEqual({
      type: 'task',
      fields: {
        Subject: 'Call',
        Description: 'about engines',
        ActivityDate: '2026-12-24',
        Status: 'Not Started',
        Priority: 'High',
        OwnerId: user,
      },
    })
  })

  it('its owner is the task’s, not the prospect’s', () => {
    expect(acceptTask({ prospect, subject: 'Call', owner: user }, rules).owner).toBeUndefined()
  })

  it.each([
    [{ subject: '' }, 'subject'],
    [{ owner: queue }, 'owner'],
    [{ dueDate: '2026-02-30' }, 'dueDate'],
    [{ priority: 1 }, 'priority'],
    [{ status: 'x'.repeat(41) }, 'status'],
    [{ description: 'x'.repeat(32_001) }, 'description'],
  ])('refuses %j', (rest, path) => {
    expect(pathOf(() => acceptTask({ prospect, subject: 'Call', ...rest }, rules))).toBe(path)
  })
})

describe('acceptance', () => {
  it('copies: nothing a caller does later reaches the trigger', () => {
    const at = new Date('2026-12-24T00:00:00Z')
    const trigger = { prospect: { key: 'p-1' }, fields: { jobTitle: 'CTO', createdAt: at } }
    const draft = acceptUpdate(trigger, rules)
    const before = structuredClone(draft)
    trigger.prospect.key = 'p-2'
    trigger.fields.jobTitle = 'CEO'
    at.setFullYear(1999)
    expect(draft).toStrictEqual(before)
  })

  it('what weighs more is said to weigh more', () => {
    const light = acceptUpdate({ prospect, fields: { city: 'X' } }, rules)
    const heavy = acceptUpdate({ prospect, fields: { city: 'X'.repeat(40) } }, rules)
    expect(heavy.bytes - light.bytes).toBe(39)
    const task = acceptTask({ prospect, subject: 'x', description: 'x'.repeat(32_000) }, rules)
    expect(task.bytes).toBeGreaterThan(32_000)
  })
})

describe('guarded', () => {
  it('lets a refusal through as it is', () => {
    const refusal = new InvalidTriggerError('fields', 'message', 'remedy')
    expect(() =>
      guarded(() => {
        throw refusal
      }),
    ).toThrow(refusal)
  })

  it.each([new TypeError('secret'), 'secret', undefined, { secret: true }])(
    'makes a refusal of what a caller’s object throws: %o',
    thrown => {
      expect(() =>
        guarded(() => {
          throw thrown
        }),
      ).toThrow(
        new InvalidTriggerError(
          'trigger',
          'trigger could not be read: one of its properties threw',
          'Pass plain objects.',
        ),
      )
    },
  )

  it('makes a refusal of another error of this library too, which only a caller’s object can have thrown', () => {
    const foreign = new SyncError('ERR_CLOSED', 'secret', { remedy: 'none' })
    expect(() =>
      guarded(() => {
        throw foreign
      }),
    ).toThrow(InvalidTriggerError)
  })
})
