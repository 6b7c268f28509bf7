"""`page`: an OpenAPI document as one HTML page, without scripts and without anything from another host."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_STYLE: Final = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem }
code, pre { font: 0.9rem/1.4 ui-monospace, monospace }
pre { overflow-x: auto; background: #8881; padding: 0.75rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid #8883 }
.method { text-transform: uppercase }
"""

# Of what a browser may load, this style alone: should a document ever hold markup, it would do nothing.
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page(document: Mapping[str, Any], url: str) -> str:
    """Return the page.

    Args:
        document: The OpenAPI document.
        url: Where the document itself is, for programs.
    """
    return "\n".join(_lines(document, url))


def _lines(document: Mapping[str, Any], url: str) -> Iterator[str]:
    title, version = _text(document["info"]["title"]), _text(document["info"]["version"])
    yield f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>'
    yield f'<meta name="viewport" content="width=device-width">\n<style>{_STYLE}</style>'
    yield f"<h1>{title} <small>{version}</small></h1>"
    yield f'<p>For programs: the <a href="{_text(url)}">OpenAPI document</a>.</p>\n<ul>'
    operations = [
        (path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()
    ]
    for path, method, operation in operations:
        yield f'<li><a href="#{_text(operation["operationId"])}">{_heading(path, method)}</a>'
        yield f"{_text(operation.get('summary', ''))}</li>"
    yield "</ul>"
    for path, method, operation in operations:
        yield from _operation(path, method, operation)
    yield "<h2>Schemas</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield f'<h3 id="schema-{_text(name)}">{_text(name)}</h3>\n{_code(schema)}'
    yield "</html>\n"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h2 id="{_text(operation["operationId"])}">{_heading(path, method)}</h2>'
    for paragraph in (operation.get("summary", ""), *operation.get("description", "").split("\n\n")):
        if paragraph:
            yield f"<p>{_text(paragraph)}</p>"
    if parameters := operation.get("parameters"):
        yield "<h3>Parameters</h3>\n<table>"
        for each in parameters:
            where = f"{each['in']}, {'required' if each['required'] else 'optional'}"
            yield f"<tr><th><code>{_text(each['name'])}</code><td>{where}<td>{_schema(each['schema'])}"
        yield "</table>"
    if body := operation.get("requestBody"):
        yield f"<h3>Body, {'required' if body['required'] else 'optional'}</h3>"
        yield from (f"<p>{_text(kind)}: {_schema(each['schema'])}</p>" for kind, each in body["content"].items())
    yield "<h3>Answers</h3>\n<table>"
    for status, answer in operation["responses"].items():
        kinds = "".join(f"<br>{_text(kind)}: {_schema(each.get('schema', {}))}" for kind, each in _content(answer))
        yield f"<tr><th>{_text(status)}<td>{_text(answer['description'])}{kinds}"
    yield "</table>"


def _content(answer: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(answer.get("content", {}).items())[:1]  # the others are the same in another type


def _heading(path: str, method: str) -> str:
    return f'<code><span class="method">{_text(method)}</span> {_text(path)}</code> '


def _schema(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = _text(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    return _code(schema)


def _code(value: Any) -> str:
    return f"<pre>{_text(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(text: str) -> str:
    return html.escape(text)
