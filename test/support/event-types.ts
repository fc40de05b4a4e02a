import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const path = join(import.meta.dirname, '../../src/bff/events.ts');
const tree = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
const declared = new Map<string, ts.InterfaceDeclaration | ts.TypeAliasDeclaration>(
  tree.statements.flatMap(each =>
    ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each) ? [[each.name.text, each]] : [],
  ),
);

/** The members of every event in `BffEvent`, each with the values that its type lists; none for a mere `string`. */
export function eventMembers(): Map<string, Map<string, string[]>> {
  const union = declared.get('BffEvent');
  if (!union || !ts.isTypeAliasDeclaration(union) || !ts.isUnionTypeNode(union.type)) throw new Error('no BffEvent');
  return new Map(
    union.type.types.map(type => {
      const { event: [name = ''] = [], ...members } = Object.fromEntries(membersOf(type));
      return [name, new Map(Object.entries(members))];
    }),
  );
}

/** The values of an alias in events.ts that is a union of texts. */
export function valuesOfAlias(name: string): string[] {
  const alias = declared.get(name);
  return alias && ts.isTypeAliasDeclaration(alias) ? valuesOf(alias.type) : [];
}

function membersOf(type: ts.TypeNode): [string, string[]][] {
  if (ts.isParenthesizedTypeNode(type)) return membersOf(type.type);
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(membersOf);
  if (ts.isTypeLiteralNode(type)) return type.members.flatMap(memberOf);
  return ts.isTypeReferenceNode(type) ? membersOfInterface(type.typeName.getText(tree)) : [];
}

function membersOfInterface(name: string): [string, string[]][] {
  const found = declared.get(name);
  if (!found || !ts.isInterfaceDeclaration(found)) throw new Error(`events.ts declares no interface ${name}`);
  const parents = found.heritageClauses?.flatMap(({ types }) =>
    types.map(({ expression }) => expression.getText(tree)),
  );
  return [...(parents ?? []).flatMap(membersOfInterface), ...found.members.flatMap(memberOf)];
}

function memberOf(member: ts.TypeElement): [string, string[]][] {
  if (!ts.isPropertySignature(member) || !member.type) return [];
  return [[member.name.getText(tree), valuesOf(member.type)]];
}

function valuesOf(type: ts.TypeNode): string[] {
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(valuesOf);
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return [type.literal.text];
  return ts.isTypeReferenceNode(type) ? valuesOfAlias(type.typeName.getText(tree)) : [];
}
