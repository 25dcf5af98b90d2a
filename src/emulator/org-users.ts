/**
 * Org users: the org itself, its profiles and its users, which are there from the start.
 *
 * @see Object Reference, "Organization", "Profile", "User".
 * @module
 */
import { toId18 } from 'prospect-sync'
import type { Database } from './database.ts'
import type { Dml } from './dml.ts'
import type { FieldValue } from './field.ts'
import type { OrgOptions } from './org-options.ts'
import type { RecordFields } from './org-records.ts'
import { recordId } from './record-id.ts'
import { readRecord } from './record-input.ts'
import { type SaveContext, savedId } from './save.ts'
import type { Sessions } from './session.ts'

/** 18-character id of the org. */
export const ORGANIZATION_ID = recordId('00D', 1)
/** 18-character id of the user that API clients run as. */
export const API_USER_ID = recordId('005', 1)
/** 18-character id of the user who works in the browser. */
export const ADMIN_USER_ID = recordId('005', 2)

const SYSTEM: SaveContext = { userId: ADMIN_USER_ID, autoAssign: false, system: true }

/** Makes the org's own record, its profiles and its two users. @param username - Of the user that API clients run as. */
export function insertFirstRecords(database: Database, dml: Dml, username: string): void {
  const insert = (object: string, fields: Readonly<Record<string, FieldValue>>) => {
    const table = database.own(object)
    return savedId(dml.insert(table, readRecord(table.schema, fields, database, ''), SYSTEM))
  }
  insert('Organization', {
    Name: 'Emulated Org',
    Country: 'US',
    DefaultLocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    TimeZoneSidKey: 'GMT',
    OrganizationType: 'Developer Edition',
    InstanceName: 'EMU1',
  })
  const profiles = ['System Administrator', 'Standard User'].map(Name =>
    insert('Profile', { Name }),
  )
  const shared = {
    IsActive: true,
    ProfileId: profiles[0] ?? null,
    TimeZoneSidKey: 'GMT',
    LocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
  }
  insert('User', {
    ...shared,
    Username: username,
    FirstName: 'Integration',
    LastName: 'User',
    Email: 'integration@emulator.example',
    Alias: 'integ',
    CommunityNickname: 'integration',
  })
  insert('User', {
    ...shared,
    Username: 'admin@emulator.example',
    FirstName: 'Ada',
    LastName: 'Admin',
    Email: 'admin@emulator.example',
    Alias: 'admin',
    CommunityNickname: 'admin',
  })
}

/** Makes the records by which clients see what assignment and duplicate rules there are, all of them active. */
export function insertRules(
  {
    assignmentRules = {},
    duplicateRules = {},
  }: Pick<OrgOptions, 'assignmentRules' | 'duplicateRules'>,
  { database, dml }: { database: Database; dml: Dml },
): void {
  const insert = (object: string, fields: RecordFields) => {
    const table = database.own(object)
    savedId(dml.insert(table, readRecord(table.schema, fields, database, ''), SYSTEM))
  }
  for (const SobjectType of Object.keys(assignmentRules)) {
    insert('AssignmentRule', { Name: `${SobjectType} assignment`, SobjectType, Active: true })
  }
  for (const [SobjectType, rules] of Object.entries(duplicateRules)) {
    for (const { name = `Standard_${SobjectType}_Duplicate_Rule` } of rules) {
      const MasterLabel = name.replaceAll('_', ' ')
      insert('DuplicateRule', { SobjectType, DeveloperName: name, MasterLabel, IsActive: true })
    }
  }
}

/** Adds a user with what Setup fills in by itself. @throws Error with the org's reason. */
export function addUser(
  fields: RecordFields,
  { database, dml }: { database: Database; dml: Dml },
): string {
  const [profile] = database.own('Profile').rows()
  const users = database.own('User')
  const { length } = [...users.rows()]
  const filled = {
    Username: `user${length}@emulator.example`,
    LastName: `User ${length}`,
    Email: `user${length}@emulator.example`,
    Alias: `user${length}`,
    IsActive: true,
    ProfileId: profile?.id ?? null,
    ...fields,
  }
  return savedId(dml.insert(users, readRecord(users.schema, filled, database, ''), SYSTEM))
}

/** Activates or deactivates a user: one who is inactive has no sessions. @throws Error for no user. */
export function setActive(
  userId: string,
  active: boolean,
  { database, dml, sessions }: { database: Database; dml: Dml; sessions: Sessions },
): void {
  const users = database.own('User')
  const id = toId18(userId) ?? userId
  const input = readRecord(users.schema, { IsActive: active }, database, '')
  savedId(dml.update(users, id, input, SYSTEM))
  if (!active) sessions.revokeUser(id)
}
