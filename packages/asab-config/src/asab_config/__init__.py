"""Configuration for servers.

The layer's map, from the bottom:

- `errors` - `ConfigError`: a mistake of whoever wrote the configuration, with its place.
- `_interpolation` - environment variables in values, `$$` and `%%`.
- `_files` - one file read into a parser of its own, with every mistake as path and line; the order of includes.
- `parser` - `ConfigParser`, the standard library's with layered defaults; `Config`, the one of this process.
- `object` - `ConfigObject`, the base of whatever is configured by one section.

It needs nothing but the standard library.
"""

from asab_config.errors import ConfigError
from asab_config.object import ConfigObject, ConfigSection
from asab_config.parser import Config, ConfigParser

__all__ = ["Config", "ConfigError", "ConfigObject", "ConfigParser", "ConfigSection"]
