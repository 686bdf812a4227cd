"""Take each backup to another place, SFTP or S3, and get it back from there (docs/adr/0191).

store    what a place must be able to do, and how its URL is taken apart
opening  connecting to the place that a URL names
sftp     a folder on a server, over SSH
s3       a bucket, on any service that speaks S3
taking   one archive and the cases' keys: there, compared, older ones removed; and back
"""
