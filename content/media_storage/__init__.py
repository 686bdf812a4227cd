"""Where pictures, their sizes and documents lie: the folder MEDIA_ROOT, or a bucket that several machines share.

errors    what is raised while a bucket is away
location  where a bucket is, as the settings say
bucket    the storage over S3 (django-storages), with short waits and a pause after a failure
reading   a file of the bucket, streamed
files     listing, looking up and removing files, wherever they lie
probe     whether the bucket can be reached, written to, and is private
moving    copying all files from one into the other, each compared by its digest

The bucket's modules import boto3, so they are imported where a bucket is used, and nowhere else (docs/adr/0221).
"""
