"""The OpenAPI document of a container's typed handlers, and a page that shows it; `asab-web[openapi]`.

- `_document` - the document; `_page` - the page.
- `_endpoints` - where a container serves both.
"""

from asab_web.openapi._document import openapi_document

__all__ = ["openapi_document"]
