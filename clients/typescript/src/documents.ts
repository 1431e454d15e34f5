/** Documents as normalized caches need them. */

import {
  BREAK, Kind, print, stripIgnoredCharacters, visit,
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionNode, type SelectionSetNode,
} from "graphql";
import { entities, paths, payloads } from "./generated/graph.js";

const transformed = new WeakMap<DocumentNode, DocumentNode>();

/** Select the key fields of each entity, as clients select `__typename`, so that every part of it finds its place. */
export function addKeyFields(document: DocumentNode): DocumentNode {
  let complete = transformed.get(document);
  if (complete === undefined) {
    complete = mapFields(document, (selectionSet, type) => {
      const keys = entities[type] ?? [];
      const missing = keys.filter((key) => !selectionSet.selections.some((selection) => isPlainField(selection, key)));
      return missing.length === 0 ? selectionSet : { ...selectionSet, selections: [...missing.map(field), ...selectionSet.selections] };
    });
    transformed.set(document, complete);
  }
  return complete;
}

/** Name what a field selects, with the values of variables that decide about it. */
export function selectionName(node: FieldNode, variables: Readonly<Record<string, unknown>> = {}): string {
  if (node.selectionSet === undefined) return "";
  const { text, names, hasFragments } = describe(node.selectionSet);
  const values = (hasFragments ? Object.keys(variables).sort() : names).map((name) => [name, variables[name]]);
  return values.length === 0 ? text : text + JSON.stringify(values);
}

interface Description {
  text: string;
  names: readonly string[];
  hasFragments: boolean;
}

const descriptions = new WeakMap<SelectionSetNode, Description>();

function describe(selectionSet: SelectionSetNode): Description {
  let description = descriptions.get(selectionSet);
  if (description === undefined) {
    const names = new Set<string>();
    let hasFragments = false;
    visit(selectionSet, {
      Variable: ({ name }) => void names.add(name.value),
      FragmentSpread: () => void (hasFragments = true), // whose variables are not to be seen from here
    });
    description = { text: stripIgnoredCharacters(print(selectionSet)), names: [...names].sort(), hasFragments };
    descriptions.set(selectionSet, description);
  }
  return description;
}

/** True for fields whose value was fetched at one moment and is stored as a whole. */
export function isPayload(type: string, name: string): boolean {
  return payloads[type]?.[name] !== undefined && payloads[type]?.[name] !== "list";
}

type Change = (selectionSet: SelectionSetNode, type: string) => SelectionSetNode;

/** Change each selection set of the root, of a namespace and of an entity, from the root down. */
export function mapFields(document: DocumentNode, change: Change, changeField = (node: FieldNode, _type: string): FieldNode => node): DocumentNode {
  const inside = (selectionSet: SelectionSetNode, type: string): SelectionSetNode => {
    const selections = selectionSet.selections.map((node): SelectionNode => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return node;
      const next = node.kind === Kind.FIELD ? paths[type]?.[node.name.value] : (node.typeCondition?.name.value ?? type);
      const selected = node.selectionSet && next !== undefined ? { ...node, selectionSet: inside(node.selectionSet, next) } : node;
      return selected.kind === Kind.FIELD ? changeField(selected, type) : selected;
    });
    return change({ ...selectionSet, selections }, type);
  };
  const definitions = document.definitions.map((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return rebuilt(definition, definition.typeCondition.name.value, inside);
    if (definition.kind === Kind.OPERATION_DEFINITION && definition.operation === "query") return rebuilt(definition, "Query", inside);
    return definition;
  });
  return { kind: Kind.DOCUMENT, definitions }; // without what a library noted on the document, which is another now
}

function rebuilt<Node extends FragmentDefinitionNode | OperationDefinitionNode>(node: Node, type: string, inside: Change): Node {
  return { ...node, selectionSet: inside(node.selectionSet, type) };
}

/** True if the operation of a document reads. */
export function isQuery(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    OperationDefinition: ({ operation }) => {
      found = operation === "query";
      return BREAK;
    },
  });
  return found;
}

function isPlainField(selection: SelectionNode, name: string): boolean {
  return selection.kind === Kind.FIELD && selection.name.value === name && selection.alias === undefined && !selection.directives?.length;
}

const field = (name: string): FieldNode => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } });
