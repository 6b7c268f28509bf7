"""`asab new`: the project that a new application begins with.

The map, from the bottom:

- `naming` - which names a project may have.
- `project` - the project, made of the files in `template/`, whole or not at all.
- `command` - the command line.

Nothing of `asab` imports it but `asab.__main__`.
"""
