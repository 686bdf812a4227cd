"""What the outbox is measured beside: the same mails as tasks of django-q2, Celery and procrastinate."""
