"""What ends a command."""


class ReleaseError(Exception):
    """Why a step of a release is refused, in one line that names the place and the remedy."""
