"""Trusted documents: the policy that the settings state, and the commands that extract and check a manifest."""

import asyncio
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import structlog

from execution.engine import Engine
from served_schema.document_policy import DocumentPolicy, FaultyDocuments
from served_schema.manifest import ManifestError, is_document, operations_of, read_manifest, write_manifest
from server.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

_VARIABLE = "COINGLASS_TRUSTED_DOCUMENTS"
_SOURCES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".py")
_SKIPPED = {"node_modules", "__pycache__", "dist", "build"}
_TEMPLATES = (
    re.compile(r"\b(?:gql|graphql)\s*(?:\(\s*)?(?:/\*.*?\*/\s*)?`([^`]*)`", re.DOTALL),  # gql`…`, graphql(`…`)
    re.compile(r'\bgql\s*\(\s*[rf]?"""(.*?)"""', re.DOTALL),  # gql("""…""") of Python
)
_INTERPOLATION = re.compile(r"\$\{[^}]*\}")  # of a fragment, which is found by its name


def document_policy(settings: Settings) -> DocumentPolicy:
    """Read the trusted documents, and complete the switches: off in trusted-only mode unless they are set.

    Raises SettingsError.
    """
    default = not settings.trusted_only
    introspection = default if settings.introspection is None else settings.introspection
    try:
        trusted = () if settings.trusted_documents is None else read_manifest(settings.trusted_documents)
    except ManifestError as error:
        raise SettingsError(f"{_VARIABLE}: {error}") from error
    return DocumentPolicy(
        trusted=trusted,
        trusted_only=settings.trusted_only,
        introspection=introspection,
        sdl=introspection if settings.sdl is None else settings.sdl,
        suggestions=default if settings.suggestions is None else settings.suggestions,
    )


def apply_policy(engine: Engine, settings: Settings) -> DocumentPolicy:
    """Apply what the settings state to the schema. Raises SettingsError, which names each faulty document."""
    policy = document_policy(settings)
    try:
        engine.schema.apply(policy)
    except FaultyDocuments as error:
        raise SettingsError(f"{_VARIABLE}: {error}") from error
    return policy


async def reload_policy(engine: Engine, settings: Settings) -> bool:
    """Read the trusted documents again, and return whether they changed; with a fault, those before stay."""
    try:
        policy = await asyncio.to_thread(document_policy, settings)
        if policy == engine.schema.policy:
            return False
        for _ in engine.schema.apply_in_steps(policy):
            await asyncio.sleep(0)  # requests are answered in between
    except (SettingsError, FaultyDocuments) as error:
        log.warning("the trusted documents cannot be read; those that were read last stay", error=str(error))
        return False
    log.info("the trusted documents were read again", documents=len(policy.trusted))
    return True


def has_explorer(settings: Settings) -> bool:
    """Decide for `auto`: an explorer whose operations would be refused serves nobody."""
    if settings.explorer is not None:
        return settings.explorer
    return not settings.trusted_only and settings.router_secret is None


def extract(paths: Sequence[Path]) -> int:
    """Print a manifest of the operations in the files and folders."""
    try:
        operations = operations_of(_texts(paths))
    except (ManifestError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return 1
    if not operations:
        sys.stderr.write("coinglass-graphql: these files have no operations\n")
        return 1
    sys.stdout.write(write_manifest(operations).decode())
    return 0


def check(path: Path, settings: Settings) -> int:
    """Print each fault of a manifest, with the name of its operation."""
    engine = Engine(0, settings.limits())
    try:
        operations = read_manifest(path)
        engine.schema.apply(DocumentPolicy(trusted=operations))
    except ManifestError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    except FaultyDocuments as error:
        sys.stdout.write("\n".join(error.faults) + "\n")
        return 1
    sys.stdout.write(f"{len(operations)} operations are valid and within the limits.\n")
    return 0


def _texts(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if _SKIPPED.isdisjoint(file.relative_to(path).parts):
                yield from _texts_of(file)


def _texts_of(file: Path) -> Iterator[tuple[Path, str]]:
    if is_document(file):
        yield file, file.read_text()
    elif file.suffix in _SOURCES and file.is_file():
        content = file.read_text()
        for template in _TEMPLATES:
            yield from ((file, _INTERPOLATION.sub("", text)) for text in template.findall(content))
