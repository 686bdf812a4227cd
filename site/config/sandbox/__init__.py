"""The local profile's mail: a server that forwards nothing (`sink`), and pages that show what it received (`views`)."""
