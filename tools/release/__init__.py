"""The release of one wheel out of eight, a command for each step: `hatch run release:<step>`; see CONTRIBUTING.md.

The map, from the bottom:

- `errors` - `ReleaseError`, the one line that ends a command.
- `wheels` - `Wheel`, what is known of it from its folder; `bumps` - major, minor, patch.
- `repository` - tags and commits.
- `notes` - what has changed for users, a file each, until the release makes them an entry of the changelog.
- `api` - the public API beside that of the last release, and the bump that it demands.
- `ranges` - what the wheels require of each other; widened by a release that is out of them.
- `preparing` - all checks, then all files.
- `building` - the two files of a release, out of its tag, the same byte for byte wherever they are built.
- `environments` - virtual environments, by uv; `bounds` - each wheel with the oldest and newest that its ranges allow.
- `bill` - what `asab` brings with it, and under which licences.
"""
