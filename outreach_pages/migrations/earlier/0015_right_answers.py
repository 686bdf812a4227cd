from django.db import migrations
from django.db.models import Case, Value, When

# The program's quiz as it was asked until now: {statement: the right answer}.
RIGHT = {
    "only_girls": "false",
    "border": "false",
    "child_agree": "false",
    "no_proof": "true",
    "picture": "false",
    "papers": "false",
    "debt": "false",
    "contract": "false",
    "strangers": "false",
    "law": "true",
    "same_help": "true",
    "declines": "false",
    "age_doubt": "true",
    "details": "false",
}


def say_what_was_right(apps, schema_editor):
    """Counts know from now on whether their answer is right; answers to opinions stay without it."""
    counts = apps.get_model("outreach_pages", "FeedbackCount").objects.using(schema_editor.connection.alias)
    for answer in ("true", "false"):
        questions = [key for key, right in RIGHT.items() if right == answer]
        counts.filter(question__in=questions).update(
            is_right=Case(When(answer=answer, then=Value(True)), default=Value(False))
        )


class Migration(migrations.Migration):

    dependencies = [
        ("outreach_pages", "0014_kit_questions"),
    ]

    operations = [
        migrations.RunPython(say_what_was_right, migrations.RunPython.noop, elidable=True),
    ]
