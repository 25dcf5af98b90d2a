import { describe, expect, test } from 'vitest'
import {
  formatGuess,
  fullName,
  guessMapping,
  hasPeople,
  leftOut,
} from '../../examples/demo/guess.ts'

/** A header and rows as they stand in a file without quotes. */
function guessOf(header: string, ...rows: string[]) {
  return guessMapping(
    header.split(','),
    rows.map(row => row.split(',')),
  )
}

/** The guess as an object, columns that are left out not named. */
function fieldsOf(header: string, ...rows: string[]) {
  const guess = guessOf(header, ...rows)
  return Object.fromEntries(
    guess.filter(({ field }) => field !== leftOut).map(({ column, field }) => [column, field]),
  )
}

describe('files of the world', () => {
  test('us-legislators-current.csv', () => {
    const guess = fieldsOf(
      'bioguide,first,last,official_full,birthday,gender,type,state,district,party,address,phone,url,contact_form,start,end',
      'C000127,Maria,Cantwell,Maria Cantwell,1958-10-13,F,sen,WA,,Democrat,511 Hart Building,202-224-3441,https://www.cantwell.senate.gov,https://www.cantwell.senate.gov/public/index.cfm/email-maria,2025-01-03,2031-01-03',
      'K000367,Amy,Klobuchar,Amy Klobuchar,1960-05-25,F,sen,MN,,Democrat,425 Dirksen Building,202-224-3244,https://www.klobuchar.senate.gov,https://www.klobuchar.senate.gov/contact,2025-01-03,2031-01-03',
      'G000607,James,Gallagher,,1981-03-07,M,rep,CA,1,Republican,,,,,2026-06-10,2027-01-03',
    )
    expect(guess).toEqual({
      bioguide: 'key',
      first: 'firstName',
      last: 'lastName',
      state: 'state',
      address: 'street',
      phone: 'phone',
      url: 'website',
    })
  })

  test('northwind-customers.csv', () => {
    const guess = fieldsOf(
      'CustomerID,CompanyName,ContactName,ContactTitle,Address,City,Region,PostalCode,Country,Phone,Fax',
      'ALFKI,Alfreds Futterkiste,Maria Anders,Sales Representative,Obere Str. 57,Berlin,,12209,Germany,030-0074321,030-0076545',
      'BOTTM,Bottom-Dollar Markets,Elizabeth Lincoln,Accounting Manager,23 Tsawassen Blvd.,Tsawassen,BC,T2F 8M4,Canada,(604) 555-4729,(604) 555-3745',
    )
    expect(guess).toEqual({
      CustomerID: 'key',
      CompanyName: 'company',
      ContactName: fullName,
      ContactTitle: 'jobTitle',
      Address: 'street',
      City: 'city',
      Region: 'state',
      PostalCode: 'zip',
      Country: 'country',
      Phone: 'phone',
      Fax: 'fax',
    })
  })

  test('Lead_Data.csv: no key, and Status is said to be left out', () => {
    const guess = guessOf(
      'City,Company,Country,Email,FirstName,Industry,LastName,MobilePhone,State,Status,Street,Title',
      'San Diego,Hettinger and Sons,US,fp@engadget.com,Serena,Major Banks,Patterfield,+1 (619) 307-7599,CA,Open - Not Contacted,446 Glendale Place,VP New Markets',
      'Austin,Leung Photography,US,tleung@tripod.com,Tam,,Leung,+1 (563) 716-2944,TX,Open - Not Contacted,01 Sachs Pass,Chief Operations Officer',
    )
    expect(guess.map(({ field }) => field)).toEqual(
      'city company country email firstName industry lastName mobilePhone state,left out,street jobTitle'
        .split(',')
        .flatMap(part => (part === leftOut ? [part] : part.split(' '))),
    )
    expect(formatGuess(guess)).toContain('Status       left out     no field of a prospect fits')
  })

  test.each([
    [
      'Symbol,Security,GICS Sector,Headquarters Location,Date added,CIK,Founded',
      'MMM,3M,Industrials,Saint Paul,1957-03-04,66740,1902',
    ],
    [
      'Symbol,Name,Sector',
      'MMM,3M Company,Industrials',
      'AOS,A. O. Smith Corp,Industrials',
      'ADBE,Adobe Inc.,IT',
    ],
  ])('companies are not people: %s', (header, ...rows) => {
    expect(hasPeople(guessOf(header, ...rows))).toBe(false)
  })
})

describe('headers', () => {
  test.each([
    ['first_name,last_name,email_address', 'firstName lastName email'],
    ['firstName,lastName,eMail', 'firstName lastName email'],
    ['FIRST NAME,LAST NAME,E-MAIL', 'firstName lastName email'],
    ['Given Name,Surname,Email Address', 'firstName lastName email'],
    [
      'Vorname,Nachname,E-Mail-Adresse,Straße,PLZ,Ort,Land,Firma',
      'firstName lastName email street zip city country company',
    ],
    ['Name,Vorname,Telefon,Handy,Anrede', 'lastName firstName phone mobilePhone salutation'],
    [
      'Nom,Prénom,Adresse e-mail,Société,Code postal,Ville',
      'lastName firstName email company zip city',
    ],
    ['Nombre,Apellidos,Correo electrónico,Teléfono', 'firstName lastName email phone'],
    [
      'Prospect_Key__c,Last Name,Number of Employees,Annual Revenue',
      'key lastName employees annualRevenue',
    ],
    ['External ID,Lead Source,Contact Last Name,Primary Phone', 'key source lastName phone'],
    ['id,last,ZIP/Postal Code,State/Province,Country/Region', 'key lastName zip state country'],
    [
      'uuid,Last,Mailing Street,Mailing City,Work Phone,Notes',
      'key lastName street city phone description',
    ],
  ])('%s', (header, fields) => {
    const guess = guessMapping(header.split(','), [])
    expect(guess.map(({ field }) => field).join(' ')).toBe(fields)
  })

  test.each([
    'contact_form',
    'email_opt_in',
    'last seen',
    'first_contact',
    'phone verified',
    'country code',
    '',
    '__proto__',
  ])('“%s” claims nothing', header => {
    expect(guessMapping([header], [['x']]).map(({ field }) => field)).toEqual([leftOut])
  })
})

describe('values decide', () => {
  test('a column of addresses is the e-mail, whatever it is called', () => {
    expect(fieldsOf('login,name', 'ada@example.com,Ada', 'bob@example.org,Bob')).toEqual({
      login: 'email',
      name: fullName,
    })
  })

  test('a title of Mr. and Ms. is a salutation', () => {
    expect(fieldsOf('Title,Last Name', 'Ms.,Lovelace', 'Dr,Hopper')).toEqual({
      Title: 'salutation',
      'Last Name': 'lastName',
    })
  })

  test('an id that rows share is no key', () => {
    const guess = guessOf('Account No,Last Name', '7,Lovelace', '7,Hopper', '7,Hamilton')
    expect(guess[0]).toMatchObject({ field: leftOut })
  })

  test.each([
    ['numbers', '31', '42', '53'],
    ['days', '2025-01-03', '2025-01-04', '2025-01-05'],
    ['stamps', '2025-01-03T10:00Z', '2025-01-04T10:00Z', '2025-01-05T10:00Z'],
    ['words', 'red', 'green', 'blue'],
    ['repeated codes', 'A1', 'A1', 'B2'],
  ])('%s are no key without a header that says so', (_, ...values) => {
    const guess = guessOf('thing,last', ...values.map(value => `${value},Lovelace`))
    expect(guess[0]).toMatchObject({ field: leftOut })
  })

  test('of two columns for one field the outright one has it, then the left one, and the other is said', () => {
    const guess = guessOf(
      'Work Email,Email,E-mail,last',
      'a@example.com,b@example.com,c@example.com,X',
    )
    expect(guess.map(({ field }) => field)).toEqual([leftOut, 'email', leftOut, 'lastName'])
    expect(guess[0]?.because).toBe('“Email” is taken for email already')
  })

  test('an empty column does not keep a field from a full one', () => {
    const guess = guessOf('Phone,Work Telephone,last', ',555-0100,X', ',555-0101,Y')
    expect(guess.map(({ field }) => field)).toEqual([leftOut, 'phone', 'lastName'])
  })

  test('names of companies are said not to look like people', () => {
    const [name] = guessOf('Name,Phone', 'Acme Inc.,555-0100', 'Smith & Co,555-0101')
    expect(name).toEqual({
      column: 'Name',
      field: leftOut,
      because: 'its values do not look like names of people',
    })
  })
})
