/**
 * Headers: what the columns of an export are called, in a handful of languages and spellings.
 *
 * @module
 */
import type { NumberField, TextField } from './fields.ts'

/** What the header alone can say. `name` is a first, last or full name, which the other columns decide. */
export type HeaderMeaning = TextField | NumberField | 'email' | 'key' | 'fullName' | 'name'

/** Spellings without spaces, case, accents and punctuation. English first, then German, French, Spanish, Italian. */
const spellings: Record<HeaderMeaning, string> = {
  key: 'key prospectkey externalid externalkey extid id uuid guid recordid prospectid contactid leadid crmid',
  email:
    'email emailaddress mail emailid emailadresse mailadresse courriel adresseemail correo correoelectronico',
  firstName: 'firstname first fname givenname given forename vorname prenom primernombre',
  lastName:
    'lastname last lname surname familyname family nachname familienname nomdefamille apellido apellidos cognome achternaam sobrenome',
  fullName:
    'fullname officialfull contactname personname displayname completename nomcomplet nombrecompleto nomecompleto ansprechpartner',
  name: 'name nom nombre nome naam contact kontakt',
  company:
    'company companyname account accountname organization organisation organizationname organisationname employer firma firmenname unternehmen societe entreprise empresa azienda',
  jobTitle:
    'jobtitle title position role jobrole jobposition berufsbezeichnung funktion fonction poste cargo puesto',
  department: 'department dept abteilung departement departamento',
  salutation: 'salutation prefix honorific anrede civilite tratamiento',
  website:
    'website websiteurl url web webpage homepage site companywebsite webseite siteweb sitioweb',
  phone:
    'phone phonenumber phoneno telephone telephonenumber tel telno telefon telefonnummer telefono businessphone workphone officephone',
  mobilePhone:
    'mobile mobilephone mobilenumber mobileno cell cellphone handy handynummer mobil mobiltelefon portable movil cellulare',
  fax: 'fax faxnumber faxno telefax',
  street:
    'street streetaddress address address1 addressline1 addressone strasse anschrift adresse rue direccion calle indirizzo',
  city: 'city town locality ort stadt ville ciudad citta',
  state: 'state province stateprovince stateregion region bundesland provincia',
  zip: 'zip zipcode postalcode postcode zippostalcode plz postleitzahl codepostal codigopostal',
  country: 'country countryregion countryname nation land pays pais paese',
  source: 'source leadsource originalsource quelle herkunft origine origen',
  annualRevenue: 'annualrevenue revenue turnover jahresumsatz umsatz chiffredaffaires facturacion',
  employees:
    'employees numberofemployees noofemployees numemployees employeecount headcount mitarbeiter mitarbeiterzahl employes effectif empleados',
  industry: 'industry sector branche secteur sectoractividad industria',
  description:
    'description notes note comments comment about beschreibung bemerkung bemerkungen notizen remarques descripcion notas',
}

const meanings = new Map<string, HeaderMeaning>(
  // The keys of a literal; Object.entries forgets their type.
  (Object.entries(spellings) as [HeaderMeaning, string][]).flatMap(([meaning, words]) =>
    words.split(' ').map(word => [word, meaning] as const),
  ),
)

/** Words that say whose field it is, not which: "Contact Phone", "Primary Email", "Mailing City". */
const whose = new Set(
  'contact lead prospect customer client person primary main work business office mailing billing home personal your'.split(
    ' ',
  ),
)

/** Words that mark a column of ids: "CustomerID", "Member No.". */
const idWords = new Set('id key uuid guid no nr number nummer numero ref reference'.split(' '))

/** What a header says, and whether it says so outright or only once words like "Contact" are taken off. */
export interface HeaderClaim {
  readonly meaning: HeaderMeaning
  readonly outright: boolean
}

/** The words of a header, folded: "PostalCode", "postal_code" and "Postal code" are the same two words. */
export function headerWords(header: string): string[] {
  return header
    .replace(/__c$/i, '')
    .replace(/ß/g, 'ss')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}#]+/u)
    .filter(word => word !== '')
}

/** What a header says, if anything. */
export function claimOf(header: string): HeaderClaim | undefined {
  const words = headerWords(header)
  const outright = meanings.get(words.join(''))
  if (outright !== undefined) return { meaning: outright, outright: true }
  // Only in front: "Contact Phone" is a phone, "First Contact" is no first name.
  const start = words.findIndex(word => !whose.has(word))
  const rest = start < 0 ? undefined : meanings.get(words.slice(start).join(''))
  // "Customer ID" and "Client ID" may be the company's: ids are weighed by their values instead.
  return rest === undefined || rest === 'key' ? undefined : { meaning: rest, outright: false }
}

/** Whether a header speaks of an id, a key or a number. */
export function speaksOfId(header: string): boolean {
  const words = headerWords(header)
  return header.trim() === '#' || words.some(word => idWords.has(word))
}
