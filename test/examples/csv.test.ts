import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CsvProblem, parseProspects, readProspects } from '../../examples/demo/csv.ts'

const parse = (text: string | Buffer) => parseProspects('my.csv', Buffer.from(text))

/** The problems of a file, as `line: message`. */
function problemsOf(text: string | Buffer): string[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof CsvProblem) {
      return error.problems.map(({ line, message }) => `${line}: ${message}`)
    }
    throw error
  }
  return []
}

describe('a good file', () => {
  test('gives prospects with their lines, absent fields for empty cells', () => {
    const { columns, rows, notes } = parse(
      'key,email,last name,employees,street\r\np-1,ada@example.com,Lovelace,"1,200","Line 1\r\nLine 2"\r\n\r\n p-2 ,, Hopper ,,\r\n',
    )
    expect(columns).toEqual(['key', 'email', 'last name', 'employees', 'street'])
    expect(rows).toEqual([
      {
        line: 2,
        prospect: { key: 'p-1', email: 'ada@example.com' },
        fields: { lastName: 'Lovelace', employees: 1200, street: 'Line 1\r\nLine 2' },
      },
      { line: 5, prospect: { key: 'p-2' }, fields: { lastName: 'Hopper' } },
    ])
    expect(notes).toEqual([])
  })

  test.each([
    ['\ufeffemail,last\na@example.com,A\n', 'a mark of byte order'],
    ['email;last\na@example.com;A\n', 'semicolons'],
    ['email\tlast\na@example.com\tA\n', 'tabs'],
    ['email,last\ra@example.com,A\r', 'carriage returns'],
    ['\n\n "email" , "last"\n"a@example.com" , "A"', 'quotes with spaces around'],
  ])('%j: %s', text => {
    expect(parse(text).rows).toMatchObject([
      { prospect: { email: 'a@example.com' }, fields: { lastName: 'A' } },
    ])
  })

  test('an empty cell between tabs stays a cell', () => {
    const [row] = parse('email\tfirst\tlast\na@example.com\t\tA').rows
    expect(row?.fields).toEqual({ lastName: 'A' })
  })

  test('a full name is split, and a first name of its own is kept', () => {
    expect(parse('id,full name\n1,Ursula von der Leyen').rows[0]?.fields).toEqual({
      firstName: 'Ursula',
      lastName: 'von der Leyen',
    })
    expect(parse('id,full name,first name\n1,Ursula G. Leyen,Ulla').rows[0]?.fields).toEqual({
      firstName: 'Ulla',
      lastName: 'Leyen',
    })
  })

  test('rows without key and e-mail are named after their line, rows without anything left out', () => {
    const { rows, notes } = parse('last;email\nHopper;\n;\nLovelace;ada@example.com\n;\n')
    expect(rows.map(({ prospect }) => prospect)).toEqual([
      { key: 'line-2' },
      { email: 'ada@example.com' },
    ])
    expect(notes).toEqual([
      'The cells are separated by semicolons.',
      '2 rows without any value left out.',
      '1 row without key and e-mail named after their line, such as “line-2”.',
    ])
  })
})

describe('a bad file is refused', () => {
  test.each([
    ['', '0: the file is empty'],
    ['\n \n,,\n', '0: the file is empty'],
    ['email,last\n', '1: there is a header and no row below it'],
    ['\nada@example.com,Lovelace\n', '2: the first row is no header: it holds “ada@example.com”'],
    ['1,2\n3,4', '1: the first row is no header: it names nothing'],
    ['email,last,Email\na,b,c', '1: the header has “Email” twice, in columns 1 and 3'],
    ['Symbol,Security\nMMM,3M', '1: no column looks like a last name or an e-mail'],
    ['email,last\na@example.com,"A\nb', '2: a quote opens here and is never closed'],
    ['email,last\n"a@example.com","A\n""b\n', '2: a quote opens here and is never closed'],
    ['email,last\n"x\ny@example.com","\n', '3: a quote opens here and is never closed'],
    [
      'email,last\na@example.com,"A" b\n',
      '2: in the row that begins here a quoted value goes on after its closing quote; double the quotes inside it',
    ],
    [
      'email,last\na@example.com,A "B"\n',
      '2: a quote in the middle of a value that does not begin with one; quote the whole value and double the quote',
    ],
    [
      Buffer.from('email,last\na@example.com,Ren\xe9', 'latin1'),
      '2: the file is not UTF-8 here; save it as “CSV UTF-8”',
    ],
    [Buffer.from('\ufeffemail,last', 'utf16le'), '0: the file is UTF-16; save it as “CSV UTF-8”'],
    [
      'PK\u0003\u0004…',
      '0: this is a spreadsheet or a zip, not a CSV file; save it as “CSV UTF-8”',
    ],
    ['email\na\u0000', '2: a NUL byte: this is not text'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test('ragged rows, all of them, by the line they begin on', () => {
    expect(problemsOf('email,last\n"a@example.com","A\nB\n\nC"\nb@example.com\n\n1,2,3\n')).toEqual(
      [
        '6: the row has 1 cell and the header has 2 cells',
        '8: the row has 3 cells and the header has 2 cells',
      ],
    )
  })
})

describe('bad rows are refused, each with its line', () => {
  test.each([
    ['first,last,email\nAda,,', '2: the row has neither a last name nor an e-mail'],
    ['email,last\nada@,A', '2: column “email”: “ada@” is not an e-mail address'],
    [
      `email,last\na@example.com,${'x'.repeat(81)}`,
      `2: column “last”: “${'x'.repeat(39)}…” has 81 characters and Salesforce takes 80`,
    ],
    [
      `key,last\n${'k'.repeat(256)},A`,
      `2: column “key”: “${'k'.repeat(39)}…” has 256 characters and Salesforce takes 255`,
    ],
    [
      'key,last\n"a\nb",A',
      '2: column “key”: “a b” has a line break or another control character in it',
    ],
    [
      'last,email,revenue\nA,a@example.com,$3.5M',
      '2: column “revenue”: “$3.5M” is not a plain number such as 1200 or 1,200',
    ],
    ['key,last,street\n7,A,"x\ny"\n8,B,\n7,C,', '5: the key “7” is on line 2 already'],
    [
      'email,last,street\na@example.com,A,"x\ny"\nA@Example.com,B,',
      '4: the e-mail “A@Example.com” is on line 2 already',
    ],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test('keys that differ by case are two prospects', () => {
    expect(parse('key,last\na,A\nA,B').rows).toHaveLength(2)
  })

  test('all problems are kept, ten are printed, by line', () => {
    const rows = Array.from({ length: 14 }, (_, n) => `bad-${n},A`)
    const problem = refusalOf(['email,last', ...rows].join('\n'))
    expect(problem.problems).toHaveLength(14)
    const lines = problem.message.split('\n')
    expect(lines[0]).toBe('my.csv was refused:')
    expect(lines[1]).toBe('  line 2: column “email”: “bad-0” is not an e-mail address')
    expect(lines).toHaveLength(12)
    expect(lines.at(-1)).toBe('  … and 4 more')
  })

  test('what a terminal would obey is not printed', () => {
    expect(refusalOf('email,last\n\u001b[2J\u202ex,A').message).toContain('“ [2J x” is not')
  })
})

function refusalOf(text: string): CsvProblem {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof CsvProblem) return error
  }
  throw new Error('the file was not refused')
}

describe('readProspects', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prospect-sync-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('reads a file', async () => {
    const path = join(folder, 'good.csv')
    await writeFile(path, 'email\nada@example.com\n')
    await expect(readProspects(path)).resolves.toMatchObject({ rows: [{ line: 2, fields: {} }] })
  })

  test('says what is wrong with a path', async () => {
    const missing = join(folder, 'missing.csv')
    await expect(readProspects(missing)).rejects.toThrow(
      new CsvProblem(missing, [{ line: 0, message: 'there is no such file' }]),
    )
    await expect(readProspects(folder)).rejects.toThrow('this is a folder, not a file')
  })
})

describe('whatever the file holds', () => {
  /** Bits of files more likely to go somewhere than random text is. */
  const bit = fc.oneof(
    fc.constantFrom(
      ...'email last name key id , ; " "" \n \r\n \r \t | a@example.com __proto__ 1.200 é 王 \ufeff'.split(
        ' ',
      ),
      ' ',
      '  ',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )

  test('only CsvProblem is thrown, with lines that the file has', () => {
    fc.assert(
      fc.property(
        fc.array(bit, { maxLength: 40 }).map(bits => bits.join('')),
        fc.boolean(),
        (text, withHeader) => {
          const whole = withHeader ? `email,last,full name\n${text}` : text
          expectRefusalAtMost(Buffer.from(whole))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('of any bytes too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes =>
        expectRefusalAtMost(Buffer.from(bytes)),
      ),
    )
  })

  function expectRefusalAtMost(file: Buffer): void {
    const lastLine = file.toString('latin1').split(/\r\n|\n|\r/).length
    try {
      const { rows } = parseProspects('x', file)
      for (const { line } of rows) expect(line).toBeLessThanOrEqual(lastLine)
    } catch (error) {
      if (!(error instanceof CsvProblem)) throw error
      expect(error.problems).not.toEqual([])
      for (const { line } of error.problems) expect(line).toBeLessThanOrEqual(lastLine)
    }
  }

  test('any cells come back as written, on the line where they begin', () => {
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .map(text => `x${text.replaceAll('\0', '')}x`)
    const ends = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), ends, (cells, end) => {
        let line = 2
        const rows = cells.map((text, n) => {
          const expected = { line, prospect: { key: `k-${n}` }, text }
          line += 1 + text.split(/\r\n|\n|\r/).length - 1
          return expected
        })
        const file = [
          'key,last,description',
          ...rows.map(({ prospect, text }) => `${prospect.key},X,"${text.replaceAll('"', '""')}"`),
        ].join(end)
        expect(parse(file).rows).toEqual(
          rows.map(({ text, ...row }) => ({
            ...row,
            fields: { lastName: 'X', description: text },
          })),
        )
      }),
    )
  })
})
