"""The local profile's mail: a server that sends nothing on (`sink`), and a page that shows what came (`views`)."""
