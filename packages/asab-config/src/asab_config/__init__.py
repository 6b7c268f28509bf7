"""Configuration for servers.

The layer's map, from the bottom:

- `secrets` - what is not to be shown.
- `errors` - `ConfigError`: a mistake of whoever wrote the configuration, with its place.
- `values` - what text can stand for: times, sizes, lists, URLs.
- `_interpolation` - environment variables and secret files in values, `$$` and `%%`.
- `_layer` - what one source has given, and the order of sources; `_files` - the layer of a file, and includes.
- `explanation`, `changes`, `_typos` - what is told of layers: origins, the effect of a reload, names that nobody knows.
- `parser` - `ConfigParser`, the standard library's on layers, with the getters of `_typed` and the `_proxies` of
  sections; `Config`, the process's.
- `object` - `ConfigObject`, the base of whatever is configured by one section.

It needs nothing but the standard library.
"""

from asab_config._interpolation import escape
from asab_config.changes import Change
from asab_config.errors import ConfigError
from asab_config.explanation import Explanation, Origin
from asab_config.object import ConfigObject, ConfigSection
from asab_config.parser import Config, ConfigParser

__all__ = [
    "Change",
    "Config",
    "ConfigError",
    "ConfigObject",
    "ConfigParser",
    "ConfigSection",
    "Explanation",
    "Origin",
    "escape",
]
