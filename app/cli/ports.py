"""Opens the socket that the server listens on."""

import socket

from app.kit.errors import Conflict


def listen_on(host: str, port: int) -> socket.socket:
    """Return a listening socket, before anything else is opened; raise `Conflict` if it fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        reason = str(why).partition(" (")[0]
        message = f"{host} port {port} cannot be served on: {reason}. See --host and --port."
        raise Conflict(message) from None
