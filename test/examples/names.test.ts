import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { splitName } from '../../examples/demo/names.ts'

describe('splitName', () => {
  test.each([
    ['Maria Anders', 'Maria', 'Anders'],
    ['  Maria   Anders ', 'Maria', 'Anders'],
    ['José Pedro Freyre', 'José Pedro', 'Freyre'],
    ['Isabel de Castro', 'Isabel', 'de Castro'],
    ['Vincent van Gogh', 'Vincent', 'van Gogh'],
    ['Ursula von der Leyen', 'Ursula', 'von der Leyen'],
    ['MARIA DE LA CRUZ', 'MARIA', 'DE LA CRUZ'],
    ['Leonardo da Vinci', 'Leonardo', 'da Vinci'],
    ['Andrea del Sarto', 'Andrea', 'del Sarto'],
    ['Mohammed bin Salman', 'Mohammed', 'bin Salman'],
    ['Abdullah al Rashid', 'Abdullah', 'al Rashid'],
    ["Robert van 't Hoff", 'Robert', "van 't Hoff"],
    ['José Ortega y Gasset', 'José', 'Ortega y Gasset'],
    ['Saoirse Ní Dhomhnaill', 'Saoirse Ní', 'Dhomhnaill'],
    ['Van Morrison', 'Van', 'Morrison'],
    ['Al Gore', 'Al', 'Gore'],
    ['de Gaulle', undefined, 'de Gaulle'],
    ['Anders, Maria', 'Maria', 'Anders'],
    ['van der Berg, Pieter Jan', 'Pieter Jan', 'van der Berg'],
    ['Donald S. Beyer, Jr.', 'Donald S.', 'Beyer, Jr.'],
    ['Roger Wicker III', 'Roger', 'Wicker III'],
    ['Watson Jr.', undefined, 'Watson Jr.'],
    ['Anders,', undefined, 'Anders'],
    [', Maria', ',', 'Maria'],
    ['Prince', undefined, 'Prince'],
    ['X', undefined, 'X'],
    ['王小明', undefined, '王小明'],
    ['Алексей Щербаков', 'Алексей', 'Щербаков'],
  ])('%s', (full, firstName, lastName) => {
    expect(splitName(full)).toEqual({ ...(firstName === undefined ? {} : { firstName }), lastName })
  })

  test('loses no letter of a name, and always has a last name', () => {
    const letters = (text: string) => [...text.replace(/[\s,،，、]/g, '')].sort().join('')
    const text = fc.stringMatching(/^[\p{L} .,'’-]{1,40}$/u).filter(name => name.trim() !== '')
    fc.assert(
      fc.property(text, name => {
        const { firstName = '', lastName } = splitName(name)
        expect(lastName).not.toBe('')
        expect(letters(firstName + lastName)).toBe(letters(name))
      }),
    )
  })
})
