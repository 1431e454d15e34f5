"""The files of the explorer: which page is at `/`, and how browsers may keep what it loads."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from server.explorer_files import ExplorerFiles, explorer_files
from server.http import Request, Response
from server.page_headers import BUILT_PAGE_HEADERS, LIGHT_PAGE_HEADERS
from tests.test_imports import ROOT

LIGHT = '<link rel="stylesheet" href="./light.css"><script type="module" src="./page.js"></script>'
BUILT = '<script type="module" src="./explorer/index-1a2b3c4d.js"></script>'


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a light page alone."""
    write(
        tmp_path,
        {
            "light/index.html": LIGHT,
            "light/light.css": "p {}",
            "light/page.js": 'import "../drawing/index.js";',
            "drawing/index.js": "export {};",
            "drawing/types.ts": "export {};",
            "examples/open-interest.graphql": "# What is open.\n# By coin.\n{ __typename }\n",
        },
    )
    return tmp_path


@pytest.fixture
def built(folder: Path) -> Path:
    """Return the folder with a built page as well."""
    write(
        folder,
        {
            "dist/index.html": BUILT,
            "dist/explorer/index-1a2b3c4d.js": "let page;",
            "dist/explorer/index-1a2b3c4d.js.gz": gzip.compress(b"let page;"),
            "dist/.stamp": "digest",
        },
    )
    return folder


def request(path: str, **headers: str) -> Request:
    encoded = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"method": "GET", "path": path, "query_string": b"", "headers": encoded}
    return Request(scope)


def load(files: ExplorerFiles, path: str, **headers: str) -> Response:
    return files.files[path].respond(request(path, **headers))


def addresses(html: str) -> list[str]:
    return [f"/{address}" for address in re.findall(r'(?:src|href)="\./([^"]+)"', html)]


def test_without_a_build_the_light_page_is_the_start(folder: Path) -> None:
    files = explorer_files(folder)
    assert files.start == files.light
    assert files.start.headers == LIGHT_PAGE_HEADERS


def test_with_a_build_the_built_page_is_the_start_and_the_light_page_stays(built: Path) -> None:
    files = explorer_files(built)
    assert (files.start.html, files.start.headers) == (BUILT, BUILT_PAGE_HEADERS)
    assert files.light == explorer_files(built).light != files.start


def test_each_page_finds_what_it_loads(built: Path) -> None:
    files = explorer_files(built)
    loaded = addresses(files.start.html) + addresses(files.light.html)
    assert len(loaded) == 3
    assert files.files.keys() >= {*loaded}


def test_modules_of_the_light_page_find_each_other_by_relative_paths(folder: Path) -> None:
    files = explorer_files(folder)
    (page,) = (path for path in files.files if path.endswith("/light/page.js"))
    assert page.replace("/light/page.js", "/drawing/index.js") in files.files


def test_a_changed_file_of_the_light_page_changes_every_address(folder: Path) -> None:
    before = explorer_files(folder).files.keys()
    write(folder, {"drawing/index.js": "export { changed };"})
    assert before.isdisjoint(explorer_files(folder).files.keys())


def test_only_what_a_page_loads_is_served(built: Path) -> None:
    served = {path.rsplit("/", 1)[1] for path in explorer_files(built).files}
    assert served == {"light.css", "page.js", "index.js", "index-1a2b3c4d.js"}


def test_a_file_may_be_kept_for_ever_and_is_compressed_once(built: Path) -> None:
    response = load(explorer_files(built), "/explorer/index-1a2b3c4d.js", accept_encoding="br, gzip")
    headers = dict(response.headers)
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert (headers[b"content-encoding"], headers[b"vary"]) == (b"gzip", b"accept-encoding")
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert response.body == (built / "dist/explorer/index-1a2b3c4d.js.gz").read_bytes()
    assert headers[b"content-length"] == b"%d" % len(response.body)


def test_a_client_without_compression_gets_the_file_itself(built: Path) -> None:
    response = load(explorer_files(built), "/explorer/index-1a2b3c4d.js")
    assert b"content-encoding" not in dict(response.headers)
    assert response.body == b"let page;"


def test_a_name_without_a_digest_is_asked_for_again(built: Path) -> None:
    write(built, {"dist/explorer/licences.md": "MIT"})
    response = load(explorer_files(built), "/explorer/licences.md")
    assert dict(response.headers)[b"cache-control"] == b"no-cache"


def test_a_file_that_the_build_did_not_compress_is_compressed_when_it_is_read(folder: Path) -> None:
    files = explorer_files(folder)
    (style,) = (path for path in files.files if path.endswith(".css"))
    assert gzip.decompress(load(files, style, accept_encoding="gzip").body) == b"p {}"


def test_an_example_is_described_by_its_comment(folder: Path) -> None:
    assert explorer_files(folder).examples == [
        {"name": "Open interest", "about": "What is open. By coin.", "query": "{ __typename }\n"}
    ]


def test_the_examples_of_a_checkout_are_those_at_its_root() -> None:
    examples = explorer_files().examples
    assert len(examples) == len(list((ROOT / "examples").glob("*.graphql")))
    assert all(example["about"] and example["query"] for example in examples)
