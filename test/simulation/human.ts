/**
 * Humans: what people in Salesforce do to records, fields and logins while the client is at work.
 *
 * @module
 */
import { FIELDS, type FieldName, type Person } from './people.ts'
import { humanValue } from './values.ts'
import type { World } from './world.ts'

/** What people do. */
export const humanKinds = [
  'edit',
  'delete',
  'merge',
  'loseTo',
  'convert',
  'double',
  'lock',
  'hideField',
  'freezeField',
  'showFields',
  'join',
  'endSessions',
] as const
export type HumanKind = (typeof humanKinds)[number]

const EDITED: readonly FieldName[] = ['jobTitle', 'city', 'phone']

/** Does one thing to somebody. @returns whether there was anything to do it to. */
export function act(kind: HumanKind, world: World): boolean {
  const { org, chance, people } = world
  const person = people.pick()
  const id = recordOf(person, world)
  const object = id?.startsWith('003') === true ? 'Contact' : 'Lead'
  switch (kind) {
    case 'hideField':
    case 'freezeField': {
      const name = chance.pick(EDITED)
      const access = kind === 'hideField' ? 'none' : 'read'
      world.setAccess(name, access)
      return true
    }
    case 'showFields':
      return world.showFields()
    case 'endSessions':
      org.expireSessions()
      return true
    default:
      break
  }
  if (id === undefined) return false
  world.trace.note(`human ${kind}`, id)
  switch (kind) {
    case 'edit': {
      const name = chance.pick(EDITED)
      const value = humanValue(name, world.oracle.nextNumber())
      org.update(object, id, { [FIELDS[name][object]]: value })
      world.oracle.historyOf(person, name).human.push(value)
      world.application?.edited(id, name, value, world.clock.now())
      return true
    }
    case 'delete':
      person.upheavals.add('deleted')
      org.delete(object, id)
      return true
    case 'merge':
    case 'loseTo': {
      person.upheavals.add('merged')
      const other = org.insert(object, {
        LastName: 'Other',
        ...(object === 'Lead' && { Company: 'Other' }),
        Email: `other.${id}@example.com`,
      })
      if (kind === 'merge') org.merge(id, [other])
      else {
        org.merge(other, [id])
        people.own(other, person)
      }
      return true
    }
    case 'convert': {
      if (object !== 'Lead') return false
      person.upheavals.add('converted')
      const { contactId } = org.convertLead(id)
      people.own(contactId, person)
      return true
    }
    case 'double':
      person.upheavals.add('doubled')
      person.doubles += 1
      people.own(
        org.insert(object, {
          LastName: 'Double',
          ...(object === 'Lead' && { Company: 'Double' }),
          Email: person.address,
        }),
        person,
      )
      return true
    case 'lock':
      world.lock(id, chance.int(1_000, 120_000))
      return true
    case 'join': {
      const link = object === 'Contact' ? 'ContactId' : 'LeadId'
      const campaign = chance.pick(world.campaigns)
      try {
        org.insert('CampaignMember', { CampaignId: campaign, [link]: id, Status: 'Sent' })
      } catch {
        // They are a member already.
        return false
      }
      return true
    }
  }
}

/** A live record of a person's, if there is one: what a user finds who looks for them. */
export function recordOf(person: Person, { org }: World): string | undefined {
  return [...person.ids].findLast(id => {
    const row = org.record(id)
    return row !== undefined && row.IsConverted !== true
  })
}
