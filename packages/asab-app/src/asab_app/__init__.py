"""The lifecycle of a server application: start, run, stop, modules, services, sockets."""
