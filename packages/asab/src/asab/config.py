"""The configuration; see `asab_config`."""

from asab_config import Config, ConfigError, ConfigObject, ConfigParser

__all__ = ["Config", "ConfigError", "ConfigObject", "ConfigParser"]
