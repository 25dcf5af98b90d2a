/** What the source does not do: read it, and see. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { costOf } from './regexp-cost.ts'

const src = join(import.meta.dirname, '../../src')
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => {
    const text = readFileSync(join(src, path), 'utf8')
    return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
  })

/** The places of the source that `look` has something to say of. */
function findings(look: (node: ts.Node, path: string) => string | undefined): string[] {
  return sources.flatMap(({ path, tree }) => {
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      const finding = look(node, path)
      if (finding !== undefined) found.push(`${path}: ${finding}`)
      ts.forEachChild(node, visit)
    }
    visit(tree)
    return found
  })
}

/** What a file imports, types aside. */
function importsOf(node: ts.Node): string | undefined {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return undefined
  const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  return isType ? undefined : node.moduleSpecifier.text
}

test('S-6: nothing is read from disk or written to it but by the emulator', () => {
  const files = findings((node, path) => {
    const name = importsOf(node)
    const isDisk = /^node:(?:fs|fs\/promises|sqlite|os|child_process|cluster|worker_threads)$/
    return name !== undefined && isDisk.test(name) && !path.startsWith('emulator/')
      ? name
      : undefined
  })
  expect(files).toEqual([])
})

test('S-7: nothing prints but the command of the emulator', () => {
  const printing = findings((node, path) => {
    if (!ts.isPropertyAccessExpression(node) || /^emulator\/(?:cli|command)\.ts$/.test(path)) return
    const text = node.getText()
    return /^(?:console\.\w+|process\.(?:stdout|stderr|emitWarning))$/.test(text) ? text : undefined
  })
  // A warning of an address that lets the network in, which somebody asked for by name.
  expect(printing).toEqual(['emulator/server.ts: process.emitWarning'])
})

test('S-16: every regular expression takes steps that grow with the text, no more', () => {
  let expressions = 0
  const costly = findings(node => {
    if (node.kind !== ts.SyntaxKind.RegularExpressionLiteral) return undefined
    expressions += 1
    const [, source = '', flags = ''] = /^\/(.*)\/(\w*)$/s.exec(node.getText()) ?? []
    const cost = costOf(source, flags)
    return cost === 'linear' ? undefined : `${node.getText()} is ${cost}`
  })
  expect(costly).toEqual([])
  expect(expressions).toBeGreaterThan(50)
})

test('S-16: an expression is made of a text in two places only, of one that was escaped or is a name of ours', () => {
  const made = findings(node => {
    const isMade =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === 'RegExp'
    return isMade ? node.arguments?.[0]?.getText() : undefined
  })
  expect(made).toEqual([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the source has it.
    'emulator/record-input.ts: `${quoted}\\\\s*:\\\\s*(?=${start})`',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the source has it.
    'emulator/soap-login.ts: `<(?:\\\\w+:)?${name}\\\\b[^<>]*>([^<]*)</`',
  ])
})

test('S-33: no code is made of a text, and nothing is loaded by a name that comes from outside', () => {
  const evaluated = findings((node, path) => {
    if (ts.isCallExpression(node)) {
      const called = node.expression.getText()
      if (/^(?:globalThis\.)?(?:eval|Function)$/.test(called)) return called
      const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || called === 'require'
      const [name] = node.arguments
      if (loads && !(name && ts.isStringLiteral(name))) return 'a computed import'
      if (called === 'require' && path !== 'emulator/soql-parse.ts') return 'require'
      // Texts that timers would run.
      if (/^set(?:Timeout|Interval)$/.test(called) && name && ts.isStringLiteral(name))
        return called
    }
    if (ts.isNewExpression(node) && /Function$/.test(node.expression.getText()))
      return 'new Function'
    const imported = importsOf(node)
    return imported !== undefined && /^node:(?:vm|repl|inspector|wasi)/.test(imported)
      ? imported
      : undefined
  })
  expect(evaluated).toEqual([])
})
