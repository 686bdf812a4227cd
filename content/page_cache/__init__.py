"""Cache of whole public pages, answered in front of Django (docs/adr/0023).

`markers`: what a view says of its answer. `middleware`: the WSGI layer that answers. `entry`, `store`: a page with its
encodings, and all of them within a fixed number of bytes. `version`: which entries are still valid, in every process.
`invalidation`: which saved rows begin a new version. `shared`: what all pages read once for each version.
"""
