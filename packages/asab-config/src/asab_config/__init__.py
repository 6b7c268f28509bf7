"""Configuration for servers: INI files with includes, environment, layered defaults."""
