// Checks that every name that src exports has one meaning: no two files declare and export the same constant, type,
// class or function, and no file has a private constant with the name of one that another file exports.
// scripts/double-names.json lists the names that still have two meanings; the list may only become shorter.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'

const LIST = 'scripts/double-names.json'

function filesOfSrc(): string[] {
  const names = readdirSync('src', { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.tsx?$/.test(name)).map((name) => `src/${name}`)
}

type Names = { readonly exported: ReadonlySet<string>; readonly constants: ReadonlySet<string> }

const CONSTANT = /^[A-Z][A-Z0-9_]+$/

/** The names that a file declares and exports, and its constants. Re-exports of other files do not count. */
function readNames(file: string): Names {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const declared = new Set<string>()
  const exported = new Set<string>()
  for (const statement of source.statements) {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier } = statement
      if (moduleSpecifier || !exportClause || !ts.isNamedExports(exportClause)) continue
      for (const { name } of exportClause.elements) exported.add(name.text)
      continue
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    for (const name of listDeclared(statement)) {
      declared.add(name)
      if (isExported) exported.add(name)
    }
  }
  return {
    exported: new Set([...exported].filter((name) => declared.has(name))),
    constants: new Set([...declared].filter((name) => CONSTANT.test(name))),
  }
}

function listDeclared(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => listBound(name))
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isEnumDeclaration(statement)
  return isNamed && statement.name ? [statement.name.text] : []
}

function listBound(name: ts.BindingName): readonly string[] {
  if (ts.isIdentifier(name)) return [name.text]
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : listBound(element.name),
  )
}

const files = filesOfSrc()
const names = new Map(files.map((file) => [file, readNames(file)]))
const exported = new Set([...names.values()].flatMap((of) => [...of.exported]))
const owners = new Map<string, string[]>()
for (const [file, of] of names) {
  for (const name of new Set([...of.exported, ...of.constants])) {
    if (exported.has(name)) owners.set(name, [...(owners.get(name) ?? []), file])
  }
}
const listed: readonly string[] = existsSync(LIST) ? JSON.parse(readFileSync(LIST, 'utf8')) : []
const double = [...owners].filter(([, of]) => of.length > 1)
const faults = [
  ...double
    .filter(([name]) => !listed.includes(name))
    .map(
      ([name, of]) => `${name}: is declared in ${of.sort().join(' and in ')}: rename one of them`,
    ),
  ...listed
    .filter((name) => !double.some(([known]) => known === name))
    .map((name) => `${name}: now has one meaning: remove it from ${LIST}`),
  ...(files.length === 0 ? ['src: has no TypeScript files'] : []),
]

if (faults.length > 0) {
  console.error(`Names with two meanings (${faults.length}):\n`)
  for (const fault of faults.sort()) console.error(`  ${fault}`)
  process.exitCode = 1
} else {
  console.log(`Names: ${owners.size} are exported by src, ${double.length} of them twice.`)
}
