// Derives what caches have to know of the graph from its SDL: `src/generated/graph.ts`. Takes from the explorer what
// both do with subscriptions.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { buildASTSchema, getNamedType, isInterfaceType, isListType, isNonNullType, isObjectType, isUnionType, parse } from "graphql";

const IS_INTERNAL = /^_/; // types and fields that Federation adds

/** The SDL with the keys of entities: a file or what the command prints. */
function subgraphSdl() {
  if (process.env.COINGLASS_SUBGRAPH) return readFileSync(process.env.COINGLASS_SUBGRAPH, "utf8");
  const command = new URL("../../../.venv/bin/coinglass-graphql", import.meta.url).pathname;
  return execFileSync(command, ["schema", "--subgraph"], { encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
}

/** The entities with their key fields, as `@key` states them. */
function entitiesOf(document) {
  const entities = {};
  for (const { kind, name, directives } of document.definitions) {
    const key = kind === "ObjectTypeDefinition" && directives.find((directive) => directive.name.value === "key");
    if (key) entities[name.value] = key.arguments.find(({ name }) => name.value === "fields").value.value.split(/\s+/);
  }
  return entities;
}

const isList = (type) => isListType(isNonNullType(type) ? type.ofType : type);
const isResult = (type) => isUnionType(type) && type.getTypes().some(({ name }) => name === "PlanGated");
const fieldsOf = (type) => Object.values(type.getFields()).filter(({ name }) => !IS_INTERNAL.test(name));
const isConnection = (type) => isObjectType(type) && "pageInfo" in type.getFields();
const leadsToConnection = (type) => isConnection(type) || (isResult(type) && type.getTypes().some(isConnection));

/** A map from each type to what `select` says of its fields, without types of which it says nothing. */
function byType(types, select) {
  const entries = types.map((type) => [type.name, Object.fromEntries(fieldsOf(type).flatMap(select))]);
  return Object.fromEntries(entries.filter(([, fields]) => Object.keys(fields).length > 0));
}

/** The names of types from which a path of fields leads to an entity. */
function leadingToEntities(types, entities) {
  const leading = new Set(Object.keys(entities));
  for (let size = -1; size !== leading.size; ) {
    size = leading.size;
    for (const type of types) {
      const next = isUnionType(type) ? type.getTypes() : fieldsOf(type).map((field) => getNamedType(field.type));
      if (next.some(({ name }) => leading.has(name))) leading.add(type.name);
    }
  }
  return leading;
}

function derive(sdl) {
  const document = parse(sdl);
  const schema = buildASTSchema(document, { assumeValidSDL: true });
  const all = Object.values(schema.getTypeMap()).filter(({ name }) => !IS_INTERNAL.test(name));
  const objects = all.filter(isObjectType);
  const root = schema.getQueryType();
  const entities = entitiesOf(document);
  const namespaces = objects.filter((type) => type !== root && !(type.name in entities) && fieldsOf(type).some((field) => isResult(getNamedType(field.type))));
  const singletons = fieldsOf(root).filter(({ args, type }) => args.length === 0 && namespaces.includes(getNamedType(type)));
  const containers = [root, ...namespaces, ...objects.filter(({ name }) => name in entities)];
  const embedded = containers.flatMap((type) => fieldsOf(type).map((field) => field.type)).filter((type) => !isList(type));
  const leading = leadingToEntities([...objects, ...all.filter(isUnionType), ...all.filter(isInterfaceType)], entities);

  const payloads = byType(containers, ({ name, type }) => {
    const named = getNamedType(type);
    if (leadsToConnection(named)) return [[name, "pages"]];
    if (isResult(named)) return [[name, "payload"]];
    if (isList(type) && isObjectType(named)) return [[name, named.name in entities ? "list" : "payload"]];
    return [];
  });
  const namesOf = (types) => [...new Set(types.map((type) => getNamedType(type).name))].sort();
  const merged = embedded.map(getNamedType).filter((type) => isObjectType(type) && !(type.name in entities) && !isConnection(type));
  return {
    entities,
    singletons: namesOf(singletons.map(({ type }) => type)),
    merged: namesOf(merged.filter((type) => !singletons.some((field) => getNamedType(field.type) === type))),
    payloads,
    paths: byType([...objects, ...all.filter(isInterfaceType)].filter(({ name }) => leading.has(name)), ({ name, type }) =>
      leading.has(getNamedType(type).name) ? [[name, getNamedType(type).name]] : []),
    values: namesOf(objects.filter((type) => type !== root && !(type.name in entities))),
    possibleTypes: Object.fromEntries(all.filter((type) => isInterfaceType(type) || isUnionType(type)).map((type) => [type.name, namesOf([...schema.getPossibleTypes(type)])])),
  };
}

/** Each object type with its fields, as `name`, `name!`, `name[]!` and so on: the shape of the type without its name. */
function shapes(sdl) {
  const objects = Object.values(buildASTSchema(parse(sdl), { assumeValidSDL: true }).getTypeMap()).filter((type) => isObjectType(type) && !IS_INTERNAL.test(type.name));
  const shape = (type) => String(type).replace(/\w+/, "");
  return Object.fromEntries(objects.map((type) => [type.name, fieldsOf(type).map((field) => field.name + shape(field.type)).join(" ")]));
}

const header = "/** What caches have to know of the graph. Derived from its SDL by scripts/derive.js. */\n\n";
const types = {
  entities: "Record<string, readonly string[]>",
  singletons: "readonly string[]",
  merged: "readonly string[]",
  payloads: 'Record<string, Record<string, "payload" | "pages" | "list">>',
  paths: "Record<string, Record<string, string>>",
  values: "readonly string[]",
  possibleTypes: "Record<string, string[]>",
  shapes: "Record<string, string>",
};

function write(name, values) {
  const folder = new URL("../src/generated/", import.meta.url);
  const constants = Object.entries(values).map(([name, value]) => `export const ${name}: ${types[name]} = ${JSON.stringify(value, null, 1)};\n`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(name, folder), header + constants.join("\n"));
}

const sdl = subgraphSdl();
write("graph.ts", derive(sdl));
write("shapes.ts", { shapes: shapes(sdl) });

for (const name of ["event-stream.js", "merge.js"])
  copyFileSync(new URL(`../../../explorer/live/${name}`, import.meta.url), new URL(`../src/generated/${name}`, import.meta.url));
