"""Reads manifests of trusted documents: Apollo's form, Relay's form, and folders of documents; writes Apollo's."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

FORMAT = "apollo-persisted-query-manifest"
UNNAMED = "(no name)"
_SUFFIXES = (".graphql", ".gql")


class ManifestError(Exception):
    """The manifest cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class TrustedOperation:
    """A text with the id by which requests name it. `file`: where the text is, if it is not in a manifest."""

    id: str
    name: str
    text: str
    file: Path | None = None

    @property
    def label(self) -> str:
        """Return what messages call it: without a name, its file or its id tells which operation it is."""
        if self.name != UNNAMED:
            return self.name
        return f"{UNNAMED} in {self.file}" if self.file else f"{UNNAMED} with the id {self.id}"


def read_manifest(path: Path) -> Sequence[TrustedOperation]:
    """Read a manifest, or a folder of documents. Raises ManifestError."""
    try:
        if path.is_dir():
            files = [file for file in sorted(path.rglob("*")) if is_document(file)]
            if not files:
                raise ManifestError(f"{path}: has no .graphql files")
            return operations_of([(file, file.read_text()) for file in files])
        content: object = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: a document is not UTF-8") from error
    except orjson.JSONDecodeError as error:
        raise ManifestError(f"{path}: is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise ManifestError(f"{path}: is neither a manifest of Apollo's nor an object of texts by id")
    operations = _of_apollo(path, content) if "operations" in content or "format" in content else _of_relay(content)
    return _distinct(path, operations)


def is_document(path: Path) -> bool:
    return path.suffix in _SUFFIXES and path.is_file()


def write_manifest(operations: Iterable[TrustedOperation]) -> bytes:
    """Return a manifest in Apollo's form."""
    entries = [
        {"id": item.id, "name": item.name, "type": _type_of(item.text), "body": item.text}
        for item in sorted(operations, key=lambda item: (item.name, item.id))
    ]
    manifest = {"format": FORMAT, "version": 1, "operations": entries}
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def operations_of(texts: Iterable[tuple[Path, str]]) -> Sequence[TrustedOperation]:
    """Return each operation of the texts with the fragments that it uses, by its SHA-256. Raises ManifestError."""
    operations: list[tuple[Path, OperationDefinitionNode]] = []
    fragments: dict[str, FragmentDefinitionNode] = {}
    for path, text in texts:
        for definition in _parse(path, text).definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations.append((path, definition))
            elif isinstance(definition, FragmentDefinitionNode):
                before = fragments.setdefault(definition.name.value, definition)
                if before != definition:
                    raise ManifestError(f"{path}: another fragment has the name {definition.name.value}")
    printed = [(path, item, print_ast(_with_fragments(item, fragments))) for path, item in operations]
    return list({text: _hashed(path, item, text) for path, item, text in printed}.values())


def _parse(path: Path, text: str) -> DocumentNode:
    try:
        return parse(text, no_location=True)
    except GraphQLError as error:
        raise ManifestError(f"{path}: {error.message}") from error


def _hashed(path: Path, operation: OperationDefinitionNode, text: str) -> TrustedOperation:
    name = operation.name.value if operation.name else UNNAMED
    return TrustedOperation(hashlib.sha256(text.encode()).hexdigest(), name, text, path)


def _with_fragments(operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]) -> DocumentNode:
    """Return a document of the operation and the fragments that it uses; missing ones are for validation to report."""
    used: dict[str, FragmentDefinitionNode] = {}

    class Spreads(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
            name = node.name.value
            if name in fragments and name not in used:
                used[name] = fragments[name]
                visit(fragments[name], Spreads())

    visit(operation, Spreads())
    return DocumentNode(definitions=(operation, *(used[name] for name in sorted(used))))


def _of_apollo(path: Path, content: dict[str, object]) -> Sequence[TrustedOperation]:
    if content.get("format") != FORMAT or content.get("version") != 1:
        raise ManifestError(f"{path}: `format` is {FORMAT!r}, and `version` is 1")
    entries = content.get("operations")
    operations = []
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        facts = entry if isinstance(entry, dict) else {}
        id_, text, name = facts.get("id"), facts.get("body"), facts.get("name")
        if not isinstance(id_, str) or not isinstance(text, str) or not id_:
            raise ManifestError(f"{path}: operation {index} ({name}) has no `id` or no `body`")
        operations.append(TrustedOperation(id_, name if isinstance(name, str) and name else UNNAMED, text))
    return operations


def _of_relay(content: dict[str, object]) -> Sequence[TrustedOperation]:
    return [TrustedOperation(id_, id_, text if isinstance(text, str) else "") for id_, text in content.items()]


def _distinct(path: Path, operations: Sequence[TrustedOperation]) -> Sequence[TrustedOperation]:
    by_id: dict[str, TrustedOperation] = {}
    for item in operations:
        if by_id.setdefault(item.id, item).text != item.text:
            raise ManifestError(
                f"{path}: the operations {by_id[item.id].label} and {item.label} have the same id {item.id}"
            )
    if not by_id:
        raise ManifestError(f"{path}: has no operations")
    return list(by_id.values())


def _type_of(text: str) -> str:
    definitions = parse(text).definitions
    return next(item.operation.value for item in definitions if isinstance(item, OperationDefinitionNode))
