/**
 * Writes `examples/data/prospects.csv`, the 600 prospects of the demo: `node scripts/make-prospects.ts`.
 *
 * Nobody in it exists, but the list looks like a marketing export of an international company, with all that trips a
 * naive reader: accents, scripts, particles, quotes, commas, line breaks, long and empty cells. Seeded, so that running
 * it again gives the same bytes; e-mail hosts are those reserved for examples (RFC 2606).
 *
 * @module
 */
import { writeFileSync } from 'node:fs'
import {
  base,
  cs_CZ,
  de,
  en,
  en_GB,
  en_IE,
  en_IN,
  en_US,
  es,
  Faker,
  fr,
  it,
  type LocaleDefinition,
  nl,
  pl,
  pt_BR,
  sv,
  tr,
  vi,
} from '@faker-js/faker'

const seed = 20_260_115
const rowCount = 600
/** Contacts were made in the two years before this day; no clock is read. */
const refDate = '2026-01-15T00:00:00Z'

const columns = [
  'key,email,salutation,first name,last name,company,job title,phone,mobile phone,website,street,city,state,zip,country',
  'industry,source,employees,annual revenue,description',
]
  .join(',')
  .split(',')

/** A country: how its names, places and numbers look. `#` is a digit. Cities are `city|state|zip`. */
interface Country {
  readonly name: string
  readonly weight: number
  readonly locale: LocaleDefinition
  readonly phone: string
  readonly mobile: string
  readonly company: string
  readonly cities: readonly string[]
  /** Names in another script with their Latin spelling, `given|family|latin given|latin family`. */
  readonly names?: readonly string[]
  readonly streets?: readonly string[]
}

// biome-ignore format: one country a line reads as the table it is
const countries: readonly Country[] = [
  { name: 'United States', weight: 26, locale: en_US, phone: '(###) 555-01##', mobile: '+1 ###-555-01##', company: '%c Inc.', cities: ['Austin|TX|787##', 'Boston|MA|021##', 'Portland|OR|972##', 'San José|CA|951##', 'Coeur d’Alene|ID|8381#', 'New York|NY|100##'] },
  { name: 'Germany', weight: 10, locale: de, phone: '+49 30 23125 ###', mobile: '0171 39200##', company: '%l & Söhne GmbH', cities: ['Berlin||10###', 'München|Bayern|80###', 'Köln|Nordrhein-Westfalen|50###', 'Göttingen|Niedersachsen|37###'] },
  { name: 'United Kingdom', weight: 9, locale: en_GB, phone: '020 7946 0###', mobile: '+44 7700 900###', company: '%c Ltd', cities: ['London||EC#A #BB', 'Stoke-on-Trent|Staffordshire|ST# #AF', 'Edinburgh|Scotland|EH# #NG', 'Bury St Edmunds|Suffolk|IP## #QT'] },
  { name: 'France', weight: 8, locale: fr, phone: '01 99 00 ## ##', mobile: '+33 6 39 98 ## ##', company: '%l et Fils SARL', cities: ['Paris|Île-de-France|750##', "L'Haÿ-les-Roses|Île-de-France|94240", 'Besançon|Doubs|25000', 'Saint-Étienne|Loire|42###'] },
  { name: 'Ireland', weight: 5, locale: en_IE, phone: '(020) 91# ####', mobile: '+353 85 555 ####', company: '%l Holdings Ltd', cities: ['Dublin|Leinster|D0# X#R#', 'Dún Laoghaire|Leinster|A96 K#W#', 'Galway|Connacht|H91 E#F#'] },
  { name: 'Spain', weight: 5, locale: es, phone: '+34 91 555 ## ##', mobile: '600 55 ## ##', company: 'Hermanos %l, S.A.', cities: ['Madrid|Madrid|280##', 'A Coruña|Galicia|150##', 'Logroño|La Rioja|260##'] },
  { name: 'Italy', weight: 4, locale: it, phone: '+39 06 5550 ####', mobile: '+39 320 555 ####', company: '%l S.p.A.', cities: ['Roma|RM|001##', 'Forlì|FC|471##', "Reggio nell'Emilia|RE|421##"] },
  { name: 'Netherlands', weight: 5, locale: nl, phone: '020-555 ####', mobile: '+31 6 5550 ####', company: '%l Groep B.V.', cities: ["'s-Hertogenbosch|Noord-Brabant|52## AB", 'Amsterdam|Noord-Holland|10## XZ', "'s-Gravenhage|Zuid-Holland|25## BD"] },
  { name: 'Sweden', weight: 3, locale: sv, phone: '08-465 004 ##', mobile: '070-174 06 ##', company: '%l & Co AB', cities: ['Malmö||21# ##', 'Örebro||70# ##', 'Åre||837 ##'] },
  { name: 'Poland', weight: 3, locale: pl, phone: '+48 22 555 ## ##', mobile: '+48 555 ### ###', company: '%l Sp. z o.o.', cities: ['Łódź|Łódzkie|90-###', 'Kraków|Małopolskie|30-###', 'Wrocław|Dolnośląskie|50-###'] },
  { name: 'Czechia', weight: 2, locale: cs_CZ, phone: '+420 255 5## ###', mobile: '+420 605 55# ###', company: '%l s.r.o.', cities: ['Plzeň||301 ##', 'České Budějovice||370 ##'] },
  { name: 'Brazil', weight: 4, locale: pt_BR, phone: '(11) 5555-####', mobile: '+55 11 95555-####', company: '%l Comércio Ltda.', cities: ['São Paulo|SP|01###-0##', 'Brasília|DF|70###-9##', 'Florianópolis|SC|88###-1##'] },
  { name: 'Türkiye', weight: 2, locale: tr, phone: '0212 555 ## ##', mobile: '+90 532 555 ## ##', company: '%l A.Ş.', cities: ['İstanbul|İstanbul|34###', 'Eskişehir|Eskişehir|26###'] },
  { name: 'India', weight: 4, locale: en_IN, phone: '022-5550 ####', mobile: '+91 98555 #####', company: '%l & Sons Pvt. Ltd.', cities: ['Mumbai|Maharashtra|4000##', 'Bengaluru|Karnataka|5600##'] },
  { name: 'Vietnam', weight: 3, locale: vi, phone: '+84 28 5550 ####', mobile: '090 555 ####', company: 'Công ty TNHH %l', cities: ['Thành phố Hồ Chí Minh||700000', 'Hà Nội||100000', 'Đà Nẵng||550000'], streets: ['## Nguyễn Huệ', '### Lê Lợi', '# Trần Hưng Đạo'] },
  { name: 'China', weight: 3, locale: en, phone: '+86 10 5555 ####', mobile: '+86 135 5555 ####', company: '%l氏贸易有限公司', cities: ['上海||2000##', '北京||1000##', '深圳|广东|5180##'], streets: ['南京西路###号', '中山路##号', '建国路##号#层'], names: ['伟|王|Wei|Wang', '秀英|李|Xiuying|Li', '小明|张|Xiaoming|Zhang', '娜|欧阳|Na|Ouyang', '子涵|诸葛|Zihan|Zhuge', '静|陈|Jing|Chen'] },
  { name: 'Russia', weight: 2, locale: en, phone: '+7 (495) 555-##-##', mobile: '8 916 555-##-##', company: 'ООО «%l и партнёры»', cities: ['Москва||101###', 'Санкт-Петербург||190###'], streets: ['ул. Ленина, д. ##', 'Невский пр., ##'], names: ['Алексей|Щербаков|Alexei|Shcherbakov', 'Ольга|Ёлкина|Olga|Yolkina', 'Дмитрий|Соловьёв|Dmitry|Solovyov', 'Юлия|Цветаева|Yulia|Tsvetaeva'] },
  { name: 'Egypt', weight: 2, locale: en, phone: '+20 2 5555 ####', mobile: '010 5555 ####', company: 'شركة %l للتجارة', cities: ['القاهرة||115##', 'الإسكندرية||215##'], streets: ['## شارع التحرير', '# شارع النيل'], names: ['محمد|عبد الرحمن|Mohamed|Abdelrahman', 'فاطمة|الزهراء|Fatima|Al-Zahra', 'يوسف|بن سليمان|Youssef|Ben Soliman'] },
  { name: 'Japan', weight: 2, locale: en, phone: '03-5555-####', mobile: '090-5555-####', company: '株式会社%l商事', cities: ['渋谷区|東京都|150-00##', '京都市|京都府|600-80##'], streets: ['道玄坂#-#-#', '四条通##'], names: ['さくら|佐藤|Sakura|Sato', '健一|髙橋|Kenichi|Takahashi', 'ｱｷﾗ|渡邉|Akira|Watanabe'] },
]

/** Names that break forms, `given|family|country`. They come up in this order, one row in fifteen. */
const awkward = `
Sinéad|O'Neil|Ireland
Pieter|van der Berg|Netherlands
Thị Minh Khai|Nguyễn|Vietnam
Saoirse|Ní Dhomhnaill|Ireland
Ye|O|China
X|Æ|Sweden
Anne-Marie Françoise|Lefèvre-D'Ormesson|France
María de los Ángeles|García y Vega|Spain
Björk||Sweden
|Null|United States
Jean-Luc "Jo"|St. John-Smythe|United Kingdom
Robert'); DROP TABLE Leads;--|Tables|United States
Yılmaz|İnönü|Türkiye
Ólafur|Þórðarson|Sweden
D'Angelo|d'Este|Italy
Łucja|Żółć-Brzęczyszczykiewicz|Poland
Zoë|’t Hooft|Netherlands
James, Jr.|Watson Coleman|United States
Mary Jo|de la Cruz|United States
Aoife|Mac Giolla Phádraig|Ireland
Ngọc|Ng|Vietnam
Renée  Claire|Müller-Lüdenscheidt|Germany
Ludwig|von und zu Weißenfels|Germany
A|B|United Kingdom
Maximilian Alexander Ferdinand Karl|Wolfeschlegelsteinhausenbergerdorff-von-Hohenstein-Oettingen-zu-Wallerstein|Germany
Siobhán 🍀|O’Sullivan|Ireland
=SUM|Formula|United States
Thomas|Smith & Sons <test>|United Kingdom
Jürgen|Groß|Germany
Chloë|True|United States
Nuria|Ñáñez|Spain
José|C:\\temp\\new|Brazil
Noa|100% Real|Netherlands
Undefined|N/A|United States
Eun-ji|Ó Súilleabháin-Kim|Ireland`
  .trim()
  .split('\n')
  .map(name => name.split('|'))

const industries =
  'Agriculture,Apparel,Banking,Biotechnology,Chemicals,Communications,Construction,Consulting,Education,Electronics,Energy,Engineering,Entertainment,Environmental,Finance,Food & Beverage,Government,Healthcare,Hospitality,Insurance,Machinery,Manufacturing,Media,Not For Profit,Recreation,Retail,Shipping,Technology,Telecommunications,Transportation,Utilities,Other'.split(
    ',',
  )
const sources = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']
const salutations = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.']

const remarks = [
  'Asked for the "enterprise" price list, and for references in the same trade.',
  'Wants a demo with two colleagues; Tuesdays are best, never before 10 o’clock.',
  'Contract with the present supplier ends in autumn – budget is said to be approved.',
  'Downloaded the white paper, opened four mails, clicked “Pricing” twice.',
  'Prefers e-mail; the switchboard does not put calls through.',
  'Said: "Call me when it speaks French, i.e. menus, help & invoices."',
  'Compares us with two others; decides by security questionnaire (SOC 2, ISO 27001).',
  'Café meeting went well; naïve about the migration, keen on the API.',
  'Needs 3;000 seats? Probably 300. To be checked.',
  'Invoices go to accounts, not to this person; cost centre 4711/08.',
]

/** The whole file, always the same. */
export function prospectsCsv(): string {
  const faker = new Faker({ locale: [en, base], seed })
  const fakers = new Map(
    countries.map(({ name, locale }, index) => [
      name,
      new Faker({ locale: [locale, en, base], seed: seed + index + 1 }),
    ]),
  )
  const emails = new Set<string>()
  const digits = (pattern: string) => pattern.replace(/#/g, () => String(faker.number.int(9)))
  const chance = (probability: number) => faker.datatype.boolean({ probability })
  const sometimes = (probability: number, value: string) => (chance(probability) ? value : '')

  const row = (index: number): string[] => {
    const odd = index % 15 === 7 ? awkward[Math.floor(index / 15) % awkward.length] : undefined
    const country =
      countries.find(({ name }) => name === odd?.[2]) ??
      faker.helpers.weightedArrayElement(countries.map(value => ({ value, weight: value.weight })))
    const local = fakers.get(country.name) ?? faker
    const [given = '', family = '', latinGiven = given, latinFamily = family] =
      odd?.slice(0, 2) ??
      (country.names === undefined
        ? [clean(() => local.person.firstName()), clean(() => local.person.lastName())]
        : faker.helpers.arrayElement(country.names).split('|'))

    const house = country.company.includes('%l') && chance(0.75)
    const trade = faker.company.name().replace(' - ', '-')
    const company = companyOf(index, companyName(country, house ? family || given : trade))
    const host = slug(house ? `${latinFamily || latinGiven}${country.name}` : trade, 24)
    const domain = `${host}.${faker.helpers.arrayElement(['example.com', 'example.org', 'example.net'])}`

    const [city = '', state = '', zip = ''] = faker.helpers.arrayElement(country.cities).split('|')
    const address = country.streets
      ? digits(faker.helpers.arrayElement(country.streets))
      : local.location.streetAddress()
    const floor = `Floor ${faker.number.int({ min: 2, max: 30 })}, Suite "${faker.string.alpha({ length: 1, casing: 'upper' })}"`
    const employees = faker.number.int({ min: 1, max: 40 }) ** 3
    const revenue = employees * faker.number.int({ min: 40, max: 400 }) * 1000
    return [
      `P-${10_001 + index}`,
      emailOf(latinGiven, latinFamily, domain, emails, index),
      sometimes(0.5, faker.helpers.arrayElement(salutations)),
      index % 97 === 50 ? '' : given,
      index % 120 === 33 ? '' : family,
      index % 110 === 77 ? '' : company,
      sometimes(0.92, index % 131 === 20 ? longTitle : faker.person.jobTitle()),
      sometimes(0.9, digits(country.phone) + sometimes(0.1, digits(' ext. ###'))),
      sometimes(0.4, digits(country.mobile)),
      sometimes(0.6, `https://www.${domain}/`),
      sometimes(0.93, chance(0.12) ? `${address}\n${floor}` : address),
      city,
      state,
      sometimes(0.95, digits(zip)),
      country.name,
      sometimes(0.9, faker.helpers.arrayElement(industries)),
      faker.helpers.arrayElement(sources),
      sometimes(0.85, chance(0.3) ? employees.toLocaleString('en-US') : String(employees)),
      sometimes(0.7, chance(0.3) ? revenue.toLocaleString('en-US') : String(revenue)),
      descriptionOf(faker, index),
    ]
  }
  const rows = Array.from({ length: rowCount }, (_, index) => row(index))
  return [columns, ...rows].map(cells => `${cells.map(quoted).join(',')}\n`).join('')
}

const longTitle =
  'Acting Deputy Vice President, Strategic Partnerships & Customer Experience (Europe, Middle East and Africa), interim until March'

/** A family's house in the manner of its country, or a trade name with the country's suffix where it has one. */
function companyName({ company }: Country, name: string): string {
  const isTrade = / (and|Group|Inc|LLC)\b|[-,]/.test(name) && !company.includes('%c')
  return isTrade ? name : company.replace(/%[cl]/, name.replace(/ (Inc|LLC|Group)$/, ''))
}

/** Most companies as they are; a few as long as Salesforce takes them, or with what a parser stumbles over. */
function companyOf(index: number, name: string): string {
  if (index % 101 === 40) {
    const long = `${name}, formerly known as the United Amalgamated Worshipful Company of Instrument Makers, Opticians, Watchmakers and Allied Trades of the Northern Counties, and its Successors in Title, Subsidiaries, Affiliates and Assigns (in liquidation and reconstruction)`
    return long.slice(0, 255).trim()
  }
  return index % 37 === 5 ? `"${name}", a family business` : name
}

/** Faker's Dutch names hold a few whose UTF-8 was once read as Latin-1; drawn again, lest ours look broken. */
function clean(draw: () => string): string {
  for (;;) {
    const name = draw()
    if (!name.includes('Ã')) return name
  }
}

/** An address nobody else in the file has, by a house style that changes from row to row. */
function emailOf(
  given: string,
  family: string,
  domain: string,
  taken: Set<string>,
  index: number,
): string {
  const first = slug(given, 18)
  const last = slug(family, 20)
  // An apostrophe is allowed in an address, and every query built by hand breaks on it.
  const irish = /^O['’]\p{L}/u.test(family) ? `o'${last.slice(1)}` : last
  const styles = [
    [first, last].filter(part => part !== '').join('.'),
    `${first.slice(0, 1)}${irish}`,
    `${first || last}+news`,
    [last, first].filter(part => part !== '').join('_'),
  ]
  const local = styles[index % styles.length] || 'info'
  const shown = index % 23 === 0 ? local.replace(/^\w/, letter => letter.toUpperCase()) : local
  let email = `${shown}@${domain}`
  for (let n = 2; taken.has(email.toLowerCase()); n += 1) email = `${shown}${n}@${domain}`
  taken.add(email.toLowerCase())
  return email
}

/** Letters and digits of ASCII, nothing else, at most `maxLength`. */
function slug(text: string, maxLength: number): string {
  const ascii = text
    .replace(/[łŁ]/g, 'l')
    .replace(/ß/g, 'ss')
    .replace(/[æÆ]/g, 'ae')
    .replace(/[øØ]/g, 'o')
    .replace(/[þÞ]/g, 'th')
    .replace(/[ðÐđĐ]/g, 'd')
    .replace(/ı/g, 'i')
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  return ascii.slice(0, maxLength)
}

/** Nothing, a remark or two, or the whole history of a contact: beyond 2,000 characters now and then. */
function descriptionOf(faker: Faker, index: number): string {
  const entries = (count: number) => {
    const days = Array.from({ length: count }, () =>
      faker.date.past({ years: 2, refDate }).toISOString().slice(0, 10),
    ).sort()
    const said = faker.helpers.shuffle(remarks)
    return days.map((day, n) => `${day}: ${said[n % said.length]}`)
  }
  if (index % 29 === 11) return entries(30 + (index % 40)).join('\n')
  if (index % 3 === 0) return ''
  return entries(1 + (index % 2)).join(index % 7 === 0 ? '\n' : ' ')
}

function quoted(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

if (import.meta.main) {
  const path = new URL('../examples/data/prospects.csv', import.meta.url)
  writeFileSync(path, prospectsCsv())
  console.log(`${rowCount} prospects written to ${path.pathname}`)
}
