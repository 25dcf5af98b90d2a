import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')

/** The floors of the core. Imports go down, or sideways without a cycle, never up. */
const floors: Readonly<Record<string, readonly string[]>> = {
  vocabulary: [
    'call',
    'change',
    'crm-change',
    'errors',
    'mapping',
    'metadata-change',
    'outcome',
    'prospect',
    'record',
    'trigger',
    'usage',
  ],
  seams: ['clock', 'events', 'outbox', 'transport'],
  policy: [
    'acceptance',
    'backoff',
    'breaker',
    'budget',
    'coalesce',
    'creation',
    'crm-news',
    'echo',
    'email-change',
    'error-catalogue',
    'error-codes',
    'error-meaning',
    'error-statuses',
    'field-merge',
    'field-patch',
    'field-rules',
    'field-table',
    'fingerprint',
    'match-error',
    'match-explanation',
    'match-strategy',
    'matching',
    'org-check',
    'owner',
    'member-status',
    'metadata-diff',
    'option-check',
    'options',
    'oscillation',
    'pace',
    'plan',
    'presets',
    'pressure',
    'pulled-fields',
    'quote',
    'reply-check',
    'retry',
    'retry-budget',
    'match-check',
    'rule-check',
    'scope',
    'succession',
    'tie',
    'transport-check',
    'validate',
    'value-check',
    'verification',
    'wording',
  ],
  mechanism: [
    'alarm',
    'arrivals',
    'assembly',
    'bounded-map',
    'call-account',
    'change-feed',
    'change-reader',
    'conflicts',
    'connector',
    'delivery',
    'dispatcher',
    'emitter',
    'admission',
    'flight',
    'flight-line',
    'flush',
    'frozen-fields',
    'kept-values',
    'landing',
    'gate',
    'held-dependants',
    'holdings',
    'identities',
    'import',
    'in-flight',
    'ledger',
    'lone-flights',
    'match-basis',
    'plan-basis',
    'match-inquiry',
    'matcher',
    'memberships',
    'references',
    'renames',
    'directory',
    'memory-outbox',
    'metadata',
    'newcomers',
    'parked-changes',
    'pending-fields',
    'intake',
    'poll',
    'pull',
    'pull-cursor',
    'pull-state',
    'reading',
    'record-moves',
    'receipt',
    'results',
    'scheduler',
    'spending',
    'successors',
    'sync-errors',
    'system-clock',
    'workload',
  ],
  client: ['client'],
  index: ['index'],
}
const names = Object.keys(floors)
const floorOf: ReadonlyMap<string, number> = new Map(
  Object.values(floors).flatMap((files, floor) =>
    files.map(file => [`${file}.ts`, floor] as const),
  ),
)

interface Import {
  readonly specifier: string
  /** Whether nothing of it is there at run time. */
  readonly typeOnly: boolean
}

interface Source {
  /** Path below src, with forward slashes. */
  readonly path: string
  readonly folder: string
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

function importsOf(tree: ts.SourceFile): Import[] {
  const imports: Import[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const clause = node.importClause
      const bindings = clause?.namedBindings
      const allTypes =
        bindings !== undefined &&
        ts.isNamedImports(bindings) &&
        clause?.name === undefined &&
        bindings.elements.length > 0 &&
        bindings.elements.every(element => element.isTypeOnly)
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes
      imports.push({ specifier: node.moduleSpecifier.text, typeOnly })
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      imports.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument
      if (ts.isStringLiteral(literal)) imports.push({ specifier: literal.text, typeOnly: true })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [target] = node.arguments
      const specifier = target && ts.isStringLiteral(target) ? target.text : '<computed>'
      imports.push({ specifier, typeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return imports
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(path => path.replaceAll('\\', '/'))
  .sort()
  .map(path => {
    const text = readFileSync(join(src, path), 'utf8')
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    const folder = path.includes('/') ? (path.split('/')[0] ?? '') : ''
    return { path, folder, tree, imports: importsOf(tree) }
  })
const core = sources.filter(({ folder }) => folder === '')
const folders = [...new Set(sources.map(({ folder }) => folder))].filter(folder => folder !== '')

/** The file that a relative import means, below src. */
function target(from: Source, { specifier }: Import): string {
  return relative(src, resolve(src, dirname(from.path), specifier)).replaceAll('\\', '/')
}

const isRelative = ({ specifier }: Import) => specifier.startsWith('.')

/** What a file says against a rule: one line for each place. */
function findings(
  files: readonly Source[],
  look: (node: ts.Node, file: Source) => string | undefined,
) {
  return files.flatMap(file => {
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      const finding = look(node, file)
      if (finding !== undefined) {
        const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree))
        found.push(`${file.path}:${line + 1} ${finding}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file.tree)
    return found
  })
}

describe('the floors', () => {
  it('every file of the core has its floor, and every file of the table is there', () => {
    expect(core.map(({ path }) => path).sort()).toEqual([...floorOf.keys()].sort())
  })

  it('imports go down or sideways, never up, types included', () => {
    const upward = core.flatMap(file =>
      file.imports.filter(isRelative).flatMap(one => {
        const to = target(file, one)
        const [own, other] = [
          floorOf.get(file.path) ?? -1,
          floorOf.get(to) ?? Number.POSITIVE_INFINITY,
        ]
        return other > own
          ? [`${file.path} (${names[own]}) imports ${to} (${names[other] ?? '?'})`]
          : []
      }),
    )
    expect(upward).toEqual([])
  })

  it('files import each other in no cycle, types included', () => {
    const graph = new Map(
      sources.map(file => [
        file.path,
        file.imports.filter(isRelative).map(one => target(file, one)),
      ]),
    )
    const cycles: string[] = []
    const done = new Set<string>()
    const walk = (path: string, trail: readonly string[]): void => {
      const start = trail.indexOf(path)
      if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '))
      if (start >= 0 || done.has(path)) return
      for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
      done.add(path)
    }
    for (const path of graph.keys()) walk(path, [])
    expect(cycles).toEqual([])
  })

  it('seams are types only', () => {
    const seams = core.filter(({ path }) => names[floorOf.get(path) ?? -1] === 'seams')
    const runtime = seams.flatMap(({ path, tree }) =>
      tree.statements
        .filter(
          statement =>
            !ts.isInterfaceDeclaration(statement) &&
            !ts.isTypeAliasDeclaration(statement) &&
            !(
              ts.isImportDeclaration(statement) &&
              statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
            ),
        )
        .map(statement => `${path}: ${statement.getText(tree).slice(0, 60)}`),
    )
    expect(seams).toHaveLength(4)
    expect(runtime).toEqual([])
  })

  it('policy is pure: it waits for nothing', () => {
    const policy = core.filter(({ path }) => names[floorOf.get(path) ?? -1] === 'policy')
    const impure = findings(policy, node => {
      if (ts.isAwaitExpression(node)) return 'await'
      if (ts.isForOfStatement(node) && node.awaitModifier) return 'for await'
      if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
      if (ts.isNewExpression(node) && node.expression.getText() === 'Promise') return 'new Promise'
      const isTimer = ts.isPropertyAccessExpression(node) && node.name.text === 'schedule'
      return isTimer ? 'a timer' : undefined
    })
    expect(impure).toEqual([])
  })

  it('what is below the mechanism keeps no state: no let outside a function', () => {
    const below = core.filter(({ path }) => (floorOf.get(path) ?? 9) < 3)
    const state = below.flatMap(({ path, tree }) =>
      tree.statements
        .filter(ts.isVariableStatement)
        .filter(({ declarationList }) => (declarationList.flags & ts.NodeFlags.Const) === 0)
        .map(statement => `${path}: ${statement.getText(tree)}`),
    )
    expect(state).toEqual([])
  })
})

describe('who may import whom', () => {
  it('the core imports no adapter, and no package but eventemitter3 and p-limit', () => {
    const wrong = core.flatMap(file =>
      file.imports
        .filter(one => !isRelative(one) || target(file, one).includes('/'))
        .map(({ specifier }) => specifier)
        .filter(specifier => !['eventemitter3', 'p-limit'].includes(specifier))
        .map(specifier => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('adapters import the package, and each other, by public names only', () => {
    const publicNames = ['prospect-sync', ...folders.map(folder => `prospect-sync/${folder}`)]
    const wrong = sources
      .filter(({ folder }) => folder !== '')
      .flatMap(file =>
        file.imports.flatMap(one => {
          const { specifier } = one
          const leaves = isRelative(one) && !target(file, one).startsWith(`${file.folder}/`)
          const isOurs = specifier.startsWith('prospect-sync')
          const itself = specifier === `prospect-sync/${file.folder}`
          return leaves || itself || (isOurs && !publicNames.includes(specifier))
            ? [`${file.path} imports ${specifier}`]
            : []
        }),
      )
    expect(wrong).toEqual([])
  })

  it('adapters import each other in no cycle', () => {
    const uses = new Map(
      folders.map(folder => [
        folder,
        new Set(
          sources
            .filter(file => file.folder === folder)
            .flatMap(({ imports }) => imports.map(({ specifier }) => specifier))
            .filter(specifier => specifier.startsWith('prospect-sync/'))
            .map(specifier => specifier.slice('prospect-sync/'.length)),
        ),
      ]),
    )
    const reaches = (from: string, to: string, seen: readonly string[] = []): boolean =>
      [...(uses.get(from) ?? [])].some(
        next => next === to || (!seen.includes(next) && reaches(next, to, [...seen, next])),
      )
    expect(folders.filter(folder => reaches(folder, folder))).toEqual([])
  })

  it('a relative import ends in .ts, and one of node begins with node:', () => {
    const wrong = sources.flatMap(file =>
      file.imports
        .filter(one =>
          isRelative(one)
            ? !one.specifier.endsWith('.ts')
            : isBuiltin(one.specifier) && !one.specifier.startsWith('node:'),
        )
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('every package that src imports at run time is a dependency, or is bundled with its folder', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const bundled: Readonly<Record<string, readonly string[]>> = {
      emulator: ['hono', '@hono/node-server', '@jetstreamapp/soql-parser-js', 'csv-parse'],
    }
    const wrong = sources.flatMap(file =>
      file.imports
        .filter(one => !isRelative(one) && !one.typeOnly)
        .map(({ specifier }) => specifier)
        .filter(specifier => !/^node:|^prospect-sync(\/|$)/.test(specifier))
        .filter(specifier => {
          const name = specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/')
          return !(name in dependencies) && !bundled[file.folder]?.includes(name)
        })
        .map(specifier => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('jsforce is imported nowhere: it is typed structurally', () => {
    const importing = sources.filter(({ imports }) =>
      imports.some(({ specifier, typeOnly }) => /^jsforce(\/|$)/.test(specifier) && !typeOnly),
    )
    expect(importing.map(({ path }) => path)).toEqual([])
  })

  it('nothing outside src/jsforce knows of jsforce, comments and the advice of messages aside', () => {
    const knowing = findings(
      sources.filter(({ folder }) => folder !== 'jsforce'),
      node => {
        if (ts.isIdentifier(node) && /jsforce/i.test(node.text)) return node.text
        const isModule =
          node.parent !== undefined &&
          (ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent))
        return isModule && ts.isStringLiteral(node) && /jsforce/.test(node.text)
          ? node.text
          : undefined
      },
    )
    expect(knowing).toEqual([])
  })
})

describe('the clock rule', () => {
  const timers = new Set(['setTimeout', 'setInterval', 'setImmediate'])
  const forbidden: Readonly<Record<string, ReadonlySet<string>>> = {
    Date: new Set(['now']),
    Math: new Set(['random']),
    performance: new Set(['now', 'timeOrigin', 'mark', 'measure']),
    AbortSignal: new Set(['timeout']),
    crypto: new Set(['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues']),
    process: new Set(['hrtime', 'uptime']),
  }
  const random = new Set([
    'randomUUID',
    'randomBytes',
    'randomInt',
    'randomFillSync',
    'getRandomValues',
  ])

  it('only system-clock.ts reads the time, sets a timer or draws a number', () => {
    const breaking = findings(
      sources.filter(({ path }) => path !== 'system-clock.ts'),
      node => {
        if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
          return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined
        }
        if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()'
        if (ts.isPropertyAccessExpression(node)) {
          const owner = node.expression.getText().replace(/^globalThis\./, '')
          return forbidden[owner]?.has(node.name.text) ? node.getText() : undefined
        }
        if (!ts.isIdentifier(node)) return undefined
        const isName =
          ts.isPropertyAccessExpression(node.parent) || ts.isPropertyAssignment(node.parent)
        const isTimer =
          timers.has(node.text) && (!isName || node.parent.getText().startsWith('globalThis'))
        const isRandom = random.has(node.text) && ts.isImportSpecifier(node.parent)
        return isTimer || isRandom ? node.text : undefined
      },
    )
    expect(breaking).toEqual([])
  })

  it('nobody imports timers of their own', () => {
    const importing = sources.filter(({ imports }) =>
      imports.some(({ specifier }) => /^(node:)?(timers|perf_hooks)(\/|$)/.test(specifier)),
    )
    expect(importing.map(({ path }) => path)).toEqual([])
  })
})

describe('style', () => {
  it('every file opens with what it is', () => {
    const silent = sources.filter(({ tree }) => {
      const text = tree.text.replace(/^#!.*\n/, '')
      return !/^\/\*\*\n \* \S.*\n(?: \*.*\n)*? \* @module\n \*\/\n/.test(text)
    })
    expect(silent.map(({ path }) => path)).toEqual([])
  })

  it('there is no any, and no word to the compiler to look away', () => {
    const blind = findings(sources, node =>
      node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : undefined,
    )
    const told = sources.filter(({ tree }) => /@ts-(?:ignore|nocheck|expect-error)/.test(tree.text))
    expect([...blind, ...told.map(({ path }) => path)]).toEqual([])
  })

  it('only the command of the emulator prints', () => {
    const printing = findings(
      sources.filter(({ path }) => !['emulator/cli.ts', 'emulator/command.ts'].includes(path)),
      node => {
        const text = ts.isPropertyAccessExpression(node) ? node.getText() : ''
        return /^(console\.\w+|process\.(stdout|stderr))$/.test(text) ? text : undefined
      },
    )
    expect(printing).toEqual([])
  })

  it('a file is named after one thing, in kebab case', () => {
    const vague = /^(utils?|helpers?|types?|common|shared|misc|constants?|lib)$/
    const wrong = sources
      .map(({ path }) => path)
      .filter(path => {
        const name = basename(path, '.ts')
        return vague.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)
      })
    expect(wrong).toEqual([])
    expect(folders.filter(folder => vague.test(folder))).toEqual([])
  })

  it('nothing is exported as default, inherits but from Error, or is static', () => {
    const wrong = findings(sources, node => {
      if (ts.isExportAssignment(node) || node.kind === ts.SyntaxKind.DefaultKeyword) {
        return 'a default export'
      }
      if (node.kind === ts.SyntaxKind.StaticKeyword) return 'static'
      if (
        ts.isHeritageClause(node) &&
        node.token === ts.SyntaxKind.ExtendsKeyword &&
        ts.isClassLike(node.parent)
      ) {
        return /Error$/.test(node.types[0]?.expression.getText() ?? '') ? undefined : node.getText()
      }
      return ts.isDecorator(node) ? 'a decorator' : undefined
    })
    expect(wrong).toEqual([])
  })
})

describe('the package', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>
  }

  it('its entries are the folders of src, and no others', () => {
    const subpaths = Object.keys(exports).filter(path => path !== '.' && path !== './package.json')
    expect(subpaths.sort()).toEqual(folders.map(folder => `./${folder}`).sort())
    expect(exports).toHaveProperty(['.'])
  })

  it('every entry points at what the build makes of its index.ts', () => {
    for (const [path, entry] of Object.entries(exports)) {
      if (path === './package.json') continue
      const folder = path === '.' ? './dist' : `./dist/${path.slice(2)}`
      expect(entry).toEqual({ types: `${folder}/index.d.ts`, default: `${folder}/index.js` })
    }
  })

  it('the build makes every entry', async () => {
    const { default: config } = (await import('../tsup.config.ts')) as {
      default: { entry: string[] }
    }
    const built = config.entry.flatMap(entry => {
      const braces = /\{(.*)\}/.exec(entry)?.[1]
      return braces === undefined
        ? [entry]
        : braces.split(',').map(part => entry.replace(/\{.*\}/, part))
    })
    const wanted = ['src/index.ts', ...folders.map(folder => `src/${folder}/index.ts`)]
    expect(built.filter(entry => entry !== 'src/emulator/cli.ts').sort()).toEqual(wanted.sort())
  })
})
