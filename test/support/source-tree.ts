import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** A file of `src` as the compiler reads it; paths are relative to `src`. */
export interface SourceFile {
  path: string;
  lines: number;
  imports: Import[];
  /** What style forbids, each with its line: `any` in 12. */
  lapses: string[];
  /** Lines of its longest function. */
  longestFunction: number;
  readsEnvironment: boolean;
}

export interface Import {
  /** A file of `src`, or a package's name. */
  to: string;
  dynamic: boolean;
}

const SRC = join(import.meta.dirname, '../../src');

export function readSources(): SourceFile[] {
  const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));
  return paths.toSorted().map(path => parse(path, readFileSync(join(SRC, path), 'utf8')));
}

export function parse(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nodes = [...descendants(tree)];
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: nodes.flatMap(node => importOf(node, path) ?? []),
    lapses: [...nodes.flatMap(node => lapseOf(node, tree) ?? []), ...suppressions(text)],
    longestFunction: Math.max(0, ...nodes.filter(ts.isFunctionLike).map(node => linesOf(node, tree))),
    readsEnvironment: nodes.some(node => ts.isPropertyAccessExpression(node) && node.getText(tree) === 'process.env'),
  };
}

function* descendants(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* descendants(child);
}

function importOf(node: ts.Node, path: string): Import | undefined {
  const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const specifier = dynamic ? node.arguments[0] : isStatic(node) ? node.moduleSpecifier : undefined;
  if (specifier === undefined || !ts.isStringLiteral(specifier)) return undefined;
  return { to: target(specifier.text, path), dynamic };
}

function isStatic(node: ts.Node): node is ts.ImportDeclaration | ts.ExportDeclaration {
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
}

function target(specifier: string, path: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts');
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function lapseOf(node: ts.Node, tree: ts.SourceFile): string | undefined {
  const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  if (node.kind === ts.SyntaxKind.AnyKeyword) return `any in line ${line}`;
  if (ts.isNonNullExpression(node)) return `a non-null assertion in line ${line}`;
  return undefined;
}

function suppressions(text: string): string[] {
  return (text.match(/@ts-(?:ignore|nocheck|expect-error)/g) ?? []).map(String);
}

function linesOf(node: ts.Node, tree: ts.SourceFile): number {
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  return line(node.end) - line(node.getStart(tree)) + 1;
}
